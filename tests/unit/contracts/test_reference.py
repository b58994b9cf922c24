"""The document of the canonical tables."""

from pathlib import Path

import pytest

from koop_pipeline.contracts.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "tables.md"


def test_the_page_is_what_the_contracts_say() -> None:
    """Else: `python -m koop_pipeline.contracts.reference > docs/guides/tables.md`."""
    assert PAGE.read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize(
    "line",
    [
        "## loan_instalments\njadwal angsuran, in staging only",
        "| `member_no` | key | code |",
        "| `officer_no` | key, derived | code |",
        "| `nik` | optional | NIK, personal |",
        "| `annual_rate` | derived | percent a year |",
        "| `source_rate` | optional | percent |",
        "| `frequency` | optional | `daily`, `weekly`, `monthly`, `seasonal`, `yearly` |",
        "| `loan_no` | needed | code of loans |",
        "| `balance` | needed | rupiah |",
        "| `is_detail` | needed | true, false |",
        "| `documents` | optional | JSON |",
    ],
)
def test_what_a_reader_is_told_of_a_column(line: str) -> None:
    assert f"\n{line}\n" in reference()
