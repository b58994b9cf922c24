"""Extraction: what a cooperative delivered, read as faithful text with the place of every row.

One module per format, each with `read` and an independent `count`; `formats.reader_for` finds the module, `sources`
finds the files. Put here what opens files and databases. Keep meaning out: which column is a name or an amount is the
business of `mapping/`. Nothing here imports duckdb.
"""
