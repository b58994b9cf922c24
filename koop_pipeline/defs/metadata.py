"""Metadata of materializations: numbers that plot over time, and tables a cooperative. Never personal data.

Rupiah is text: Dagster's tables take no Decimal.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from koop_pipeline import progress
from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging

SHOWN = 100
"""Lines of a table in the event log: all of them stand in staging and in the status."""


def pace() -> dict[str, Any]:
    """What the step that runs took so far: seconds, the rows it worked through, rows a second, cooperatives."""
    now = progress.standing()
    worked = {"rows worked through": now.rows, "rows a second": round(now.pace)} if now.rows else {}
    return {"seconds": round(now.seconds, 2), **worked, **({"cooperatives done": now.done} if now.done else {})}


def schema_of(table: Table) -> dg.TableSchema:
    """The contract's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn("cooperative_id", "text"),
            *(
                dg.TableColumn(
                    column.name, column.kind, constraints=dg.TableColumnConstraints(nullable=not column.required)
                )
                for column in table.all_columns
            ),
        ]
    )


def records(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dg.TableMetadataValue:
    """Rows as a table; amounts become text. Beyond SHOWN rows the last line says how many more there are."""
    cells = [
        dg.TableRecord(
            {
                name: value if isinstance(value, int | str) else str(value)
                for name, value in zip(names, row, strict=True)
            }
        )
        for row in rows[:SHOWN]
    ]
    if len(rows) > SHOWN:
        more = f"and {len(rows) - SHOWN:,} more"
        cells.append(dg.TableRecord(dict.fromkeys(names, "") | {names[0]: more}))
    columns = [dg.TableColumn(name, "text") for name in names]
    return dg.MetadataValue.table(cells, schema=dg.TableSchema(columns=columns))


def rows_by_cooperative(staging: Staging, relation: str, ids: Sequence[str]) -> dict[str, Any]:
    """Row counts of a relation: the sum as a number, and one line a cooperative."""
    rows = staging.rows(
        f"SELECT cooperative_id, count(*) FROM {relation} WHERE cooperative_id IN (SELECT unnest(?)) GROUP"
        f" BY 1 ORDER BY 1",
        [list(ids)],
    )
    return {
        "dagster/partition_row_count": sum(row[1] for row in rows),
        "cooperatives": len(rows),
        "rows": records(("cooperative_id", "rows"), rows),
    }


def failures_of(staging: Staging, schema: str, table: Table) -> dict[str, Any]:
    """How many failures a step wrote for a table, by rule."""
    rows = staging.rows(
        f"SELECT rule, count(*) FROM {schema}.failures WHERE table_name = ? GROUP BY 1 ORDER BY 1", [table.name]
    )
    return {"failures": sum(row[1] for row in rows), "failures by rule": records(("rule", "rows"), rows)}
