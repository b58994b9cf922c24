"""Tables in the metadata of assets."""

from decimal import Decimal

from koop_pipeline.defs import metadata


def test_a_long_table_ends_by_saying_how_many_lines_there_are_more() -> None:
    rows = [(f"KOP-{number:04d}", Decimal("1.50")) for number in range(1_250)]
    table = metadata.records(("cooperative_id", "total"), rows)
    assert len(table.records) == 101
    assert table.records[0].data == {"cooperative_id": "KOP-0000", "total": "1.50"}
    assert table.records[-1].data == {"cooperative_id": "and 1,150 more", "total": ""}


def test_a_short_table_is_whole() -> None:
    table = metadata.records(("cooperative_id", "rows"), [("KOP-1", 3)] * 100)
    assert [record.data for record in table.records] == [{"cooperative_id": "KOP-1", "rows": 3}] * 100
