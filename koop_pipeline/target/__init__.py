"""Where loads go: the verbs of a target, its bookkeeping, the embedded DuckDB file and the PostgreSQL database."""
