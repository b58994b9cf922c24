"""The same members through splink 5: `python splink_pairs.py PEOPLE.csv PAIRS.csv`, in an environment of its own.

PEOPLE.csv is what `compare.py --people` writes, so both compare the same text. Unsupervised training as splink's guide
describes it; blocking as ours, where splink can say it.
"""

import sys
import time

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SETTINGS = SettingsCreator(
    link_type="dedupe_only",
    unique_id_column_name="unique_id",
    comparisons=[
        comparisons.JaroWinklerAtThresholds("name", [0.95, 0.9, 0.8]).configure(term_frequency_adjustments=True),
        comparisons.CustomComparison(
            output_column_name="nik",
            comparison_levels=[
                levels.NullLevel("nik"),
                levels.ExactMatchLevel("nik"),
                levels.DamerauLevenshteinLevel("nik", 1),
                levels.ElseLevel(),
            ],
        ),
        comparisons.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
        comparisons.ExactMatch("gender"),
        comparisons.ExactMatch("phone"),
        comparisons.JaroWinklerAtThresholds("address", [0.95]).configure(term_frequency_adjustments=True),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("cooperative_id", "nik"),
        block_on("cooperative_id", "birth_date"),
        block_on("cooperative_id", "name", "address"),
        block_on("cooperative_id", "address", "substr(name, 1, 4)"),
        block_on("cooperative_id", "name", "substr(nik, 1, 7)"),
        block_on("cooperative_id", "name", "substr(nik, 10, 7)"),
        block_on("cooperative_id", "substr(nik, 7, 10)"),
        block_on("cooperative_id", "substr(nik, 1, 12)"),
        block_on("cooperative_id", "phone"),
    ],
    additional_columns_to_retain=["cooperative_id", "_row"],
)


def main(people: str, pairs: str) -> None:
    """Train, predict, write pairs with a probability of at least 0.1."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE people AS SELECT cooperative_id || '/' || _row AS unique_id, * FROM"
        f" read_csv('{people}', all_varchar = true)"
    )
    start = time.perf_counter()
    linker = Linker(DuckDBAPI(connection).register("people"), SETTINGS, log_level=40)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("cooperative_id", "nik", "name"), block_on("cooperative_id", "birth_date", "name")], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("cooperative_id", "birth_date"), record_sample_proportion=1.0
    )
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("cooperative_id", "nik"), record_sample_proportion=1.0
    )
    predicted = linker.inference.predict(threshold_match_probability=0.1)
    print(f"splink: {time.perf_counter() - start:.2f} s")
    connection.execute(
        'COPY (SELECT cooperative_id_l AS cooperative_id, "_row_l" AS row_a, "_row_r" AS row_b, match_probability AS'
        f" score FROM {predicted.physical_name}) TO '{pairs}' (HEADER)"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
