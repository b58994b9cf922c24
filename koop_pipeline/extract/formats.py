"""Which module reads which format.

Add a format here, in `program.reading` and as a module with `read` and `count`.
"""

from typing import cast

from koop_pipeline.extract import csv_file, database, mysql_dump, sqlite_file, xlsx_file
from koop_pipeline.extract.model import Reader
from koop_pipeline.program.reading import Format, Reading

_READERS: dict[Format, Reader] = {
    "csv": cast(Reader, csv_file),
    "xlsx": cast(Reader, xlsx_file),
    "mysql_dump": cast(Reader, mysql_dump),
    "sqlite": cast(Reader, sqlite_file),
    "database": cast(Reader, database),
}


def reader_for(reading: Reading) -> Reader:
    """The reader of the format that a profile names."""
    return _READERS[reading.format]
