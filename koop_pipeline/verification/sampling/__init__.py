"""A sample for people: what is drawn of a cooperative, the worksheet to tick off, and what the answers prove.

`factors`, `monetary` and `chance` are the statistics: pure functions, no file, no database. `strata` says what is drawn
from where, `population` reads it, `record` keeps it in staging, `worksheet` writes it out and `returned` reads it back.
"""
