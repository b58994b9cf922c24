"""The step verify: the target is read back and compared with staging, row by row and cell by cell."""
