"""What a database error may say to a user: its first line, with every quoted value masked.

DuckDB quotes the text that it could not convert; that text may be personal.
"""

import re

from koop_pipeline.identifiers.masking import mask_text

QUOTED = re.compile(r"""(["'])(.+?)\1""")


def safe_message(error: BaseException) -> str:
    """The first line of a database error, quoted values masked (names of columns and tables too)."""
    lines = str(error).splitlines() or [type(error).__name__]
    return QUOTED.sub(lambda found: found[1] + mask_text(found[2]) + found[1], lines[0])
