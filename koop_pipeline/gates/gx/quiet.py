"""Keeping Great Expectations quiet while it works: its log and its prints quote values of the data (law 8)."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

TEXT_CONDITION = "(The condition_parser|Passing a string to the row_condition) parameter is deprecated"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No log records, no prints, and none of GX's own deprecation warnings for row conditions written as text."""
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", TEXT_CONDITION, DeprecationWarning)
            yield
    finally:
        logger.setLevel(before)
