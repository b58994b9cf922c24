"""How PostgreSQL checks foreign keys while a new target has no statistics yet: by the key of the parent alone."""

from pathlib import Path

from small_target import COOPERATIVES, load, new_world

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.target.model import references

PARENTS = sorted({str(column.references) for table in PROMOTED for column in references(table)})


def test_a_foreign_key_is_checked_by_the_parents_key(tmp_path: Path) -> None:
    """With an index of the cooperative and another column each check would read all that the cooperative has there."""
    with new_world(tmp_path) as (staging, target, owner):
        for cooperative_id in COOPERATIVES:
            load(staging, target, cooperative_id)
        owner.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
        for name in PARENTS:
            assert owner.execute(
                "SELECT DISTINCT reltuples FROM pg_class WHERE oid = %s::regclass", [f"platform.{name}"]
            ).fetchall() == [(-1.0,)]
            key = next(table.key for table in PROMOTED if table.name == name)
            wanted = " AND ".join(
                f"{column} = ${place}" for place, column in enumerate(("cooperative_id", *key), start=1)
            )
            owner.execute(f"PREPARE asked AS SELECT 1 FROM ONLY platform.{name} x WHERE {wanted} FOR KEY SHARE OF x")
            values = ", ".join(["'x'"] * (1 + len(key)))
            plan = "\n".join(line for (line,) in owner.execute(f"EXPLAIN EXECUTE asked ({values})").fetchall())
            owner.execute("DEALLOCATE asked")
            assert f"using {name}_pkey" in plan, plan


def test_after_a_load_the_target_has_statistics(tmp_path: Path) -> None:
    with new_world(tmp_path) as (staging, target, owner):
        load(staging, target, COOPERATIVES[0])
        target.measure()
        rows = owner.execute("SELECT reltuples FROM pg_class WHERE oid = 'platform.members'::regclass").fetchall()
        assert rows == [(owner.execute("SELECT count(*) FROM platform.members").fetchall()[0][0],)]
