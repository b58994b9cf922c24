"""What all writers of legacy systems share: the contract, and text files that grow chunk by chunk.

A writer gets the chunks of one cooperative in order, then the ledger, and leaves the delivery in its folder.
"""

from abc import ABC, abstractmethod
from io import BytesIO
from pathlib import Path

import polars as pl

from koop_pipeline.generate.ledger import Line
from koop_pipeline.generate.plan import Cooperative
from koop_pipeline.generate.truth import Chunk

CUT_TO = 60
"""Percent of its bytes that a damaged file keeps."""
POSITIONS = {
    "chair": "Ketua",
    "vice_chair": "Wakil Ketua",
    "secretary": "Sekretaris",
    "treasurer": "Bendahara",
    "supervisor": "Pengawas",
    "manager": "Manajer",
}
TERM_START, TERM_END = "2024-03-15", "2028-03-14"


class Writer(ABC):
    """Writes the delivery of one cooperative into `folder`."""

    def __init__(self, folder: Path, cooperative: Cooperative) -> None:
        self.folder = folder
        self.cooperative = cooperative
        folder.mkdir(parents=True)

    @abstractmethod
    def add(self, chunk: Chunk) -> int:
        """Write a chunk; the rows written."""

    @abstractmethod
    def close(self, lines: list[Line]) -> int:
        """Write the ledger and whatever stands at the end; the rows written."""

    @abstractmethod
    def damage(self) -> None:
        """Cut a file as a broken copy would."""


def csv_bytes(frame: pl.DataFrame, separator: str) -> bytes:
    """Rows without a header, CRLF, quoted only where needed, in the Windows code page."""
    buffer = BytesIO()
    frame.write_csv(buffer, include_header=False, separator=separator, line_terminator="\r\n", quote_style="necessary")
    text = buffer.getvalue()
    return text if text.isascii() else text.decode().encode("cp1252")


def cut(path: Path) -> None:
    """Keep the first `CUT_TO` percent of a file."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * CUT_TO // 100)
