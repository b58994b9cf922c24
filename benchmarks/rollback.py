"""Taking cooperatives out of PostgreSQL again, against loading them.

Run `python benchmarks/rollback.py FOLDER [--target postgresql://...]` on a programme that is brought to the gate
first where it was not; one large cooperative (`koop generate FOLDER --cooperatives 1 --members 4000`) says most.
Without a target a PostgreSQL server is started in a temporary folder. In one run:

- promote: the step itself;
- verify: the step itself, with the catalogue;
- rollback: of every cooperative that was loaded (its rows locked, hashed, removed, and the state before it proved).
"""

import sys

from load import at_the_gate, timed
from measure import machine

from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.promotion.rollback import roll_back
from koop_pipeline.promotion.step import promote, promoted
from koop_pipeline.verification.step import verify


def main() -> None:
    """Run and print."""
    with at_the_gate(__doc__) as (staging, run, _):
        loading = timed(lambda: promote(staging, run, current_hashes(run), lambda: None))
        verifying = timed(lambda: verify(staging, run))
        rows = staging.value("SELECT sum(found)::BIGINT FROM verification.results")
        loaded = promoted(staging, run.ids)
        removing = timed(lambda: [roll_back(staging, run, each) for each in loaded])
    print(machine(), f"\n{rows:,} rows of {len(loaded)} cooperatives", file=sys.stdout)
    for name, seconds in (("promote", loading), ("verify", verifying), ("rollback", removing)):
        print(f"{name:<10}{seconds:>9.2f} s{rows / seconds:>12,.0f} rows/s{seconds / loading:>8.2f} x promote")


if __name__ == "__main__":
    main()
