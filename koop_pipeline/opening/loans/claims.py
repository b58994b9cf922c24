"""What a source claims of its loans (method, base, rate) against what its schedules and its stored interest say.

Put here findings only. How a schedule is explained stands in `explanations.py`, how a rate is fitted in `rate_fits.py`.
What opens where a claim is contradicted is `stored_interest.py`; the finding holds both.
"""

from decimal import Decimal

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import derive, rates
from koop_pipeline.opening.loans.rounding import COLUMNS as POLICY
from koop_pipeline.opening.money import RATE, millionths, rupiah, whole

CAP = 24
SAME_RATE = Decimal("0.01")
KEY = ["cooperative_id", "loan_no"]
PLACES = (10, 100, 1_000, 10_000)
"""The fifth to the second decimal of a rate, in millionths."""


def last_place(base: str) -> pl.Expr:
    """Percent a year that one step of the last place of `source_rate` makes by its base, at least `SAME_RATE`.

    A monthly rate of 1.67 is 20 % a year, rounded: its step is 0.12. One of no decimals or one is taken as exact.
    """
    stored, place = millionths("source_rate"), whole(1)
    for size in PLACES:
        place = pl.when(stored % size == 0).then(whole(size)).otherwise(place)
    step = rates.nominal(base, pl.when(stored % (PLACES[-1] * 10) == 0).then(whole(0)).otherwise(place))
    return pl.max_horizontal(step, pl.lit(SAME_RATE).cast(RATE))


def differ(one: pl.Expr, other: pl.Expr, by: pl.Expr) -> pl.Expr:
    """Whether two yearly rates are not the same one."""
    return (one - other).abs() > by


def with_explained_unit(loans: pl.DataFrame, explained: pl.DataFrame) -> pl.DataFrame:
    """`loans` with rounding_unit filled from a schedule that is explained to the rupiah; at least Rp 1, for cash is
    paid in whole rupiah also where nothing is rounded. A stated unit stays.
    """
    known = explained.filter("exact").select(*KEY, _explained="rounding_unit")
    frame = loans.join(known, on=KEY, how="left", maintain_order="left")
    unit = pl.max_horizontal("_explained", rupiah(whole(100)))
    filled = pl.when(pl.col("_explained").is_not_null()).then(unit)
    return frame.with_columns(rounding_unit=pl.coalesce("rounding_unit", filled)).select(loans.columns)


def with_explained_policy(terms: pl.DataFrame, stated: pl.DataFrame, explained: pl.DataFrame) -> pl.DataFrame:
    """`terms` with the rounding policy (`rounding.py`) of a schedule that is explained to the rupiah by the loan's own
    method and rate, else the mode that the stored principal of an instalment shows, else null; and `_as_stated`: the
    rate is the one that `stated` (the same rows as the source has them) claims, or stored interest stands beside it.
    """
    known = explained.filter("exact").select(*KEY, *POLICY, _method="method", _shown="annual_rate")
    frame = terms.with_columns(_claimed=stated.select(rates.annual_rate()).to_series())
    frame = frame.join(known, on=KEY, how="left", maintain_order="left")
    same = (pl.col("_shown") - pl.col("annual_rate")).abs() <= pl.lit(SAME_RATE)
    own = ((pl.col("_method") == pl.col("interest_method")) & same).fill_null(False)
    claimed = ((pl.col("_claimed") - pl.col("annual_rate")).abs() <= pl.lit(SAME_RATE)).fill_null(False)
    stored = pl.any_horizontal(pl.col("instalment_interest", "interest_total").is_not_null())
    policy = [pl.when(own).then(name).alias(name) for name in POLICY]
    frame = derive.rounding_mode(frame).with_columns(*policy, _as_stated=claimed | stored)
    mode = pl.when(own).then("rounding_mode").otherwise("_fitted_mode")
    return frame.with_columns(rounding_mode=mode).select(*terms.columns, *POLICY, "_as_stated")


def failures(
    loans: pl.DataFrame, terms: pl.DataFrame, explained: pl.DataFrame, inferred: pl.DataFrame
) -> list[pl.DataFrame]:
    """`LON-EXP-01` (irregular), `LON-EXP-02` (not to the rupiah), `LON-EXP-03` (another method or rate than stated),
    `LON-RTE-01` (the claim does not fit), `LON-RTE-02` (a tie), `LON-CAP-02` (what fits is above the cap).

    `loans` as the source states them, `terms` the same rows as `derive.terms` fills them.
    """
    frame = _beside(loans, terms, explained, inferred)
    return [*_of_schedules(frame), *_of_rates(frame)]


def _beside(loans: pl.DataFrame, terms: pl.DataFrame, explained: pl.DataFrame, inferred: pl.DataFrame) -> pl.DataFrame:
    """`loans` with `_claimed` (percent a year), `_opens` (that of `terms`), `e_...` and `r_...` of the two others."""
    frame = loans.with_columns(_claimed=rates.annual_rate(), _opens=terms["annual_rate"])
    for prefix, told in (("e_", explained), ("r_", inferred)):
        named = told.select(*KEY, pl.all().exclude(KEY).name.prefix(prefix))
        frame = frame.join(named, on=KEY, how="left", maintain_order="left")
    return frame


def _of_schedules(frame: pl.DataFrame) -> list[pl.DataFrame]:
    delivered, method, exact = pl.col("e_exact").is_not_null(), pl.col("e_method"), pl.col("e_exact")
    regular = (method != "irregular").fill_null(False)
    other_method = (method != pl.col("interest_method")).fill_null(False)
    other_rate = ((pl.col("e_annual_rate") - pl.col("_claimed")).abs() > pl.lit(SAME_RATE)).fill_null(False)
    text = pl.col("e_explanation")
    both = pl.format(
        "{}; the source claims {}, {} % a year",
        text, pl.col("interest_method").fill_null("?"), rates.percent_text(pl.col("_claimed")),
    )  # fmt: skip
    where = {
        "LON-EXP-01": (delivered & ~regular, text),
        "LON-EXP-02": (regular & ~exact, text),
        "LON-EXP-03": (regular & (other_method | (exact & other_rate)), both),
    }
    return [
        found(
            frame, condition, rule=rule, table="loans", column="interest_method", before=pl.col("interest_method"),
            note=note,
        )
        for rule, (condition, note) in where.items()
    ]  # fmt: skip


def _of_rates(frame: pl.DataFrame) -> list[pl.DataFrame]:
    disagrees = pl.col("r_claim") == "disagrees"
    unclaimed = pl.all_horizontal(pl.col("source_rate_basis", "annual_rate").is_null())
    within = (pl.col("_opens") <= CAP).fill_null(True)
    by_schedule = pl.when(pl.col("e_annual_rate") > CAP).then("e_annual_rate")
    fitting = pl.coalesce(pl.when(disagrees & (pl.col("r_annual_rate") > CAP)).then("r_annual_rate"), by_schedule)
    return [
        found(
            frame, disagrees, rule="LON-RTE-01", table="loans", column="source_rate",
            before=pl.coalesce("source_rate", "annual_rate"),
            note=pl.format("{}; {} % a year opens", "r_explanation", rates.percent_text(pl.col("_opens"))),
        ),
        found(
            frame, unclaimed & pl.col("r_tie"), rule="LON-RTE-02", table="loans", column="source_rate",
            before=pl.col("source_rate"), note=pl.col("r_explanation"),
        ),
        found(
            frame, within & fitting.is_not_null(), rule="LON-CAP-02", table="loans", column="annual_rate",
            before=pl.col("_opens"),
            note=pl.format(
                "{} % a year by what is stated, but the interest is that of {} % a year: above 24 %",
                rates.percent_text(pl.col("_opens")), rates.percent_text(fitting),
            ),
        ),
    ]  # fmt: skip
