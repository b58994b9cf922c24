"""Our duplicates against the truth, and against pairs that another program found.

python compare.py MEMBERS.csv                 time, memory, precision and recall of ours
python compare.py MEMBERS.csv --pairs P.csv   of pairs (cooperative_id, row_a, row_b, score) from elsewhere
python compare.py MEMBERS.csv --people O.csv  writes what ours compares (names and addresses in comparable form)
"""

import argparse
import csv
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations, product
from pathlib import Path

import polars as pl

from koop_pipeline.cleaning.duplicate_people import gather
from koop_pipeline.cleaning.duplicates import settle
from koop_pipeline.contracts.members import MEMBERS
from koop_pipeline.staging import Staging
from koop_pipeline.staging.schema import typed_columns

Pair = tuple[str, int, int]
THRESHOLDS = (0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999)


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("members", type=Path)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--people", type=Path)
    given = parser.parse_args()
    truth = true_pairs(given.members)
    if given.pairs:
        scored = list(_scored(given.pairs))
        for least in THRESHOLDS:
            show(f"score >= {least}", {pair for pair, score in scored if score >= least}, truth)
        return
    with tempfile.TemporaryDirectory() as folder, Staging.open(Path(folder) / "staging.duckdb") as staging:
        ids = fill(staging, given.members)
        if given.people:
            gather(staging)
            staging.frame("SELECT * EXCLUDE (common_date, party) FROM _koop_people").write_csv(given.people)
            return
        start, used = time.perf_counter(), time.process_time()
        settle(staging, MEMBERS, ids)
        seconds, used = time.perf_counter() - start, time.process_time() - used
        merged = {
            (id_, row): into
            for id_, row, into in staging.rows("SELECT cooperative_id, row, into_row FROM cleaned.merges")
        }
        listed = staging.rows("SELECT cooperative_id, row_a, row_b FROM cleaned.probable_duplicates")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(ids)} cooperatives, {len(truth)} true pairs: {seconds:.2f} s ({used:.2f} s of CPU), peak {peak} MB")
    sure, every = found_pairs(merged, listed)
    show("merged", sure, truth)
    show("merged or listed", every, truth)


def fill(staging: Staging, members: Path) -> list[str]:
    """`_koop_cleaned` as the step clean has it when duplicates are looked for; the ids in it."""
    frame = pl.read_csv(members, infer_schema=False)
    frame = frame.with_columns(
        pl.col("row").cast(pl.Int64()),
        pl.col("birth_date", "joined_on").str.to_date(),
        party=pl.lit("person"),
        membership=pl.lit("member"),
    )
    staging.execute(
        f"CREATE TEMP TABLE _koop_cleaned ({typed_columns(MEMBERS)}, _excluded VARCHAR, _as_of DATE,"
        " _source_file VARCHAR, _source_table VARCHAR, _source_row BIGINT)"
    )
    staging.insert("_koop_cleaned", frame.rename({"row": "_row"}).drop("person"))
    return frame["cooperative_id"].unique(maintain_order=True).to_list()


def true_pairs(members: Path) -> set[Pair]:
    """Every pair of rows that is one human being."""
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    with members.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[row["cooperative_id"], row["person"]].append(int(row["row"]))
    return {(key[0], *pair) for key, group in rows.items() for pair in combinations(sorted(group), 2)}


def found_pairs(
    merged: dict[tuple[str, int], int], listed: Iterable[tuple[str, int, int]]
) -> tuple[set[Pair], set[Pair]]:
    """The pairs that merges imply, and those with the listed ones; a listed row stands for all merged into it."""
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (id_, row), into in merged.items():
        groups[id_, into].append(row)
    whole = {key: [key[1], *rows] for key, rows in groups.items()}
    sure = {(key[0], *pair) for key, rows in whole.items() for pair in combinations(sorted(rows), 2)}
    probable = {
        (id_, min(pair), max(pair))
        for id_, a, b in listed
        for pair in product(whole.get((id_, a), [a]), whole.get((id_, b), [b]))
    }
    return sure, sure | probable


def show(name: str, found: set[Pair], truth: set[Pair]) -> None:
    """One line: pairs, precision, recall, F1."""
    right = len(found & truth)
    precision, recall = right / max(len(found), 1), right / max(len(truth), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(f"{name:20} {len(found):8} pairs  precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")


def _scored(path: Path) -> Iterator[tuple[Pair, float]]:
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            low, high = sorted((int(row["row_a"]), int(row["row_b"])))
            yield (row["cooperative_id"], low, high), float(row["score"])


if __name__ == "__main__":
    main()
