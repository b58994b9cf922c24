"""Which interest opens where a claimed rate contradicts the interest that the source stores beside it.

Put here the choice of the rate that generates and opens. What fits a stored interest is `rate_fits.py`, what is said of
a claim is `claims.py`.

The stored interest is what the borrower pays, so it goes before the claim. A rate that a delivered schedule shows to
the rupiah, by the loan's own method, goes before both. What cannot be brought together by the loan's own method is not
chosen but said (`_unreconciled`): the two stored sums contradict each other and the claim sides with neither, the
stored interest is that of another method, or it is 0 beside a rate.
"""

import polars as pl

from koop_pipeline.opening.loans import rates
from koop_pipeline.opening.loans.annuity import FACTOR_SCALE, with_factor
from koop_pipeline.opening.loans.claims import KEY, SAME_RATE
from koop_pipeline.opening.loans.due_dates import instalment_count
from koop_pipeline.opening.loans.rate_fits import shown_unit
from koop_pipeline.opening.money import PERCENT, half_up, rate, sen, whole


def followed(loans: pl.DataFrame, explained: pl.DataFrame, inferred: pl.DataFrame) -> pl.DataFrame:
    """`loans` with annual_rate, instalment_interest and interest_total as they generate a schedule, and
    `_unreconciled`: why the stored interest could not be followed; null where it could or nothing contradicts it.

    `explained` and `inferred` are those of `explanations.explain` and `rate_fits.infer`. Same rows, same order. A claim
    that its stored interest bears out, or that has none beside it, stays.
    """
    frame = _beside(loans, explained, inferred)
    both = pl.col("_l").is_not_null() & pl.col("_t").is_not_null()
    disagrees = (pl.col("r_claim") == "disagrees") | ((pl.col("r_claim") == "cannot_tell") & both & ~pl.col("_alike"))
    disagrees = disagrees.fill_null(False)
    follows = disagrees & pl.col("_why").is_null() & ~pl.col("_borne_out")
    by_stored = pl.when(follows).then(pl.coalesce("_fitting", "_implied"))
    frame = frame.with_columns(
        annual_rate=pl.coalesce("_by_schedule", by_stored, "annual_rate"),
        instalment_interest=pl.when(~disagrees | pl.col("_use_l")).then("instalment_interest"),
        interest_total=pl.when(~disagrees | pl.col("_use_t") | pl.col("_alike")).then("interest_total"),
        _unreconciled=pl.when(disagrees).then("_why"),
    )
    return frame.select(*loans.columns, "_unreconciled")


def _beside(loans: pl.DataFrame, explained: pl.DataFrame, inferred: pl.DataFrame) -> pl.DataFrame:
    """`loans` with what decides: `_use_l`, `_use_t`, `_alike`, `_fitting`, `_implied`, `_by_schedule`, `_why`."""
    frame = loans.with_columns(_claimed=rates.annual_rate())
    for prefix, told in (("e_", explained), ("r_", inferred)):
        named = told.select(*KEY, pl.all().exclude(KEY).name.prefix(prefix))
        frame = frame.join(named, on=KEY, how="left", maintain_order="left")
    frame = rates.with_period_rate(frame).with_columns(
        _p=sen("principal"), _n=instalment_count().cast(pl.Int128), _l=sen("instalment_interest"),
        _t=sen("interest_total"),
    ).with_columns(_unit=shown_unit(), _claimed_l=half_up(pl.col("_p") * pl.col("_num"), pl.col("_den")))  # fmt: skip
    frame = frame.with_columns(
        _claimed_t=interest_in_all(frame, "_num", "_den"), _t_of_l=interest_in_all(frame, "_l", "_p")
    )
    each = pl.col("_n")
    alike, by_l, by_t = (
        _near("_t_of_l", "_t", each),
        _near("_claimed_l", "_l", whole(1)),
        _near("_claimed_t", "_t", each),
    )
    use_l = pl.col("_l").is_not_null() & (pl.col("_t").is_null() | alike | by_l)
    use_t = ~use_l & pl.col("_t").is_not_null() & (pl.col("_l").is_null() | by_t)
    own = pl.col("interest_method") == pl.col("e_method")
    other = own & pl.col("e_exact") & ((pl.col("e_annual_rate") - pl.col("_claimed")).abs() > pl.lit(SAME_RATE))
    by_name = pl.col("r_methods").str.split(", ").list.contains(pl.col("interest_method")).fill_null(False)
    frame = frame.with_columns(
        _alike=alike, _use_l=use_l, _use_t=use_t, _by_name=by_name,
        _borne_out=(use_l & by_l) | (use_t & by_t), _by_schedule=pl.when(other.fill_null(False)).then("e_annual_rate"),
        _fitting=pl.when(by_name).then("r_annual_rate"),
    ).with_columns(_implied=_implied())  # fmt: skip
    return frame.with_columns(_why=_why())


def interest_in_all(frame: pl.DataFrame, num: str, den: str) -> pl.Series:
    """The interest of the whole term at the rate of a period `num`/`den`, by the loan's own method, whole sen.

    `frame` has interest_method, `_p` (principal, sen) and `_n` (instalments).
    """
    rated = frame.select("interest_method", "_p", "_n", _num=num, _den=den).with_columns(
        _num=pl.when(pl.col("_den") > 0).then("_num")
    )
    p, n, over, under = (pl.col(name) for name in ("_p", "_n", "_num", "_den"))
    method = pl.col("interest_method")
    annuity = half_up(p * pl.col("_factor"), whole(FACTOR_SCALE)) * n - p
    falling = pl.when(method == "declining").then(half_up(p * over * (n + 1), under * 2))
    total = falling.when(method == "annuity").then(annuity).otherwise(half_up(p * over * n, under))
    return with_factor(rated, "interest_method", "_n").select(total).to_series()


def _near(expected: str, stored: str, count: pl.Expr) -> pl.Expr:
    """Whether two sums of `count` instalments differ by no more than rounding: a unit each, at most half of one."""
    off = (pl.col(expected) - pl.col(stored)).abs()
    return ((off <= count * pl.col("_unit")) & (off * 2 * count <= pl.col(stored))).fill_null(False)


def _implied() -> pl.Expr:
    """Percent a year of the stored interest that is followed, by the loan's own method; null for the total of an
    annuity, which would have to be solved for.
    """
    method, n = pl.col("interest_method"), pl.col("_n")
    falling = pl.when(method == "declining").then(pl.col("_t") * 2)
    over = pl.when("_use_l").then("_l").otherwise(falling.when(method != "annuity").then("_t"))
    spread = pl.when(method == "declining").then(n + 1).otherwise(n)
    under = pl.col("_p") * pl.when("_use_l").then(whole(1)).otherwise(spread)
    a_year, months = rates.periods()
    return rate(half_up(over * whole(PERCENT) * a_year, under * months))


def _why() -> pl.Expr:
    """Why a stored interest that contradicts its claim cannot be followed."""
    stored = pl.when("_use_l").then("_l").when("_use_t").then("_t")
    known = pl.col("interest_method").is_not_null() & (pl.col("_p") > 0) & pl.col("_n").is_not_null()
    another = pl.col("r_methods").is_not_null() & ~pl.col("_by_name")
    unsolved = pl.coalesce("_fitting", "_implied").is_null()
    return (
        pl.when(~known.fill_null(False)).then(None)
        .when(stored.is_null()).then(
            pl.format("Rp {} an instalment and Rp {} in all contradict each other", "instalment_interest",
                      "interest_total")
        )
        .when((stored == 0) & (pl.col("_claimed_l") > 0)).then(pl.lit("it is 0 beside a rate"))
        .when(another).then(pl.format("it is that of {}, not of {}", "r_methods", "interest_method"))
        .when(unsolved).then(pl.format("no rate of {} gives it", "interest_method"))
    )  # fmt: skip
