"""From findings to one verdict per cooperative, and the list of what is held.

The rule is the design's: a block finding blocks, and so does any rule that could not be evaluated (law 6).
"""

import duckdb

from koop_pipeline.errors import RefusedError
from koop_pipeline.gates.tables import create_tables

HELD = """
insert into gate.held
select f.cooperative_id, f.table_name, f."row",
       case when r.holds = 'row' then null else f.column_name end, f.rule, f.before
from gate.findings f join gate.rules r on r.table_name = f.table_name and r.rule = f.rule
where f.consequence = 'hold' and f.cooperative_id in (from gate.scope)
"""
VERDICTS = """
insert into gate.verdicts
with broken as (select distinct rule from gate.rules where not evaluated),
blocking as (
    select cooperative_id, rule from gate.rule_counts where consequence = 'block'
    union select s.cooperative_id, b.rule from gate.scope s cross join broken b
),
held as (
    select cooperative_id, count(distinct (table_name, "row", column_name)) as places from gate.held group by all
)
select s.cooperative_id,
       case when len(b.rules) > 0 then 'blocked' when len(w.rules) > 0 then 'warned' else 'passed' end,
       coalesce(b.rules, []), coalesce(w.rules, []), coalesce(h.places, 0)
from (select distinct cooperative_id from gate.scope) s
left join (
    select cooperative_id, list_sort(list(distinct rule)) as rules from blocking group by all
) b using (cooperative_id)
left join (
    select cooperative_id, list_sort(list(distinct rule)) as rules from gate.rule_counts
    where consequence <> 'block' group by all
) w using (cooperative_id)
left join held h using (cooperative_id)
order by s.cooperative_id
"""


def write_verdicts(connection: duckdb.DuckDBPyConnection) -> None:
    """Write `gate.verdicts` and `gate.held` for every cooperative in `gate.scope`.

    `blocking_rules` names the rules with a block finding and every rule that could not be evaluated; `held` counts
    distinct places (a cell, or a whole row where `gate.held.column_name` is null). Verdicts of other cooperatives stay.
    Raises RefusedError when no rule has been run at all, because then nothing would be blocked.
    """
    create_tables(connection)
    if connection.execute("select count(*) from gate.rules").fetchall()[0][0] == 0:
        raise RefusedError("The gate has run no rule on this batch, so there is no verdict; run the suites first.")
    for name in ("gate.held", "gate.verdicts"):
        connection.execute(f"delete from {name} where cooperative_id in (from gate.scope)")
    connection.execute(HELD)
    connection.execute(VERDICTS)
