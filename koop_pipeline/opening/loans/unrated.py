"""The yearly rate of a loan whose source states none, where its interest fixes it.

Put here what is inferred without any claim. A claim beside stored interest is `stored_interest.py`.

Policy (ADR 0016). A delivered schedule that is explained to the rupiah by the loan's own method tells the rate; else
the stored interest does: one instalment's is the first of any method and so the rate of a period, the interest in all
is that of the loan's own method (an annuity's is solved for). Of two decimals a month or a year, where such a rate
gives the stored interest to the rupiah, else as it is. Without a method the interest in all fits several rates: a tie,
and none opens. Nor does one where interest of 0 is stored (often an empty column), or above what a rate may be.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import rates
from koop_pipeline.opening.loans.annuity import RATE_SCALE, with_solved
from koop_pipeline.opening.loans.claims import CAP, KEY
from koop_pipeline.opening.loans.due_dates import instalment_count
from koop_pipeline.opening.loans.stored_interest import interest_in_all
from koop_pipeline.opening.money import PERCENT, RUPIAH, half_up, rate, rupiah, sen, whole

MOST = 200
GRID = 10_000
"""A hundredth of a percent in millionths."""


def filled(loans: pl.DataFrame, stated: pl.DataFrame, explained: pl.DataFrame) -> pl.DataFrame:
    """`loans` with annual_rate filled where nothing claims one, `_rate_note` (what is said of it; null where a rate is
    stated or there is no interest to tell it) and `_rate_least` (percent a year at least, where none opens).

    `stated`: the same rows as the source has them; `loans` with `_unreconciled` of `stored_interest.followed`;
    `explained` of `explanations.explain`.
    """
    named = explained.filter("exact").select(*KEY, _method="method", _shown="annual_rate")
    frame = loans.with_columns(stated["instalment_interest", "interest_total"]).join(
        named, on=KEY, how="left", maintain_order="left"
    )
    a_year, months = rates.periods()
    frame = frame.with_columns(
        _p=sen("principal"), _n=instalment_count().cast(pl.Int128), _l=sen("instalment_interest"),
        _t=sen("interest_total"), _a_year=a_year, _months=months,
    )  # fmt: skip
    frame = with_solved(frame.with_columns(_annuity=pl.col("interest_method") == "annuity"))
    by_schedule = pl.when((pl.col("_method") == pl.col("interest_method")).fill_null(False)).then("_shown")
    frame = frame.with_columns(_by_schedule=by_schedule, _exact=_exact(), _flat=_yearly(pl.col("_t"), pl.col("_n")))
    frame = frame.with_columns(_neat=_neat(frame), _falling=_yearly(pl.col("_t") * 2, pl.col("_n") + 1))
    unrated = stated.select(pl.all_horizontal(pl.col("annual_rate", "source_rate").is_null())).to_series()
    asks = pl.col("_asks") & pl.col("_unreconciled").is_null()
    interest = pl.coalesce("_l", "_t")
    usable = asks & (pl.coalesce(rate(pl.col("_neat")), "_by_schedule") <= MOST)
    usable = usable & ((interest > 0).fill_null(False) | pl.col("_by_schedule").is_not_null())
    frame = frame.with_columns(_asks=unrated).with_columns(
        _found=pl.when(usable.fill_null(False)).then(pl.coalesce("_by_schedule", rate(pl.col("_neat"))))
    )
    said = asks & (interest.is_not_null() | pl.col("_by_schedule").is_not_null())
    least = pl.coalesce(rate(pl.col("_neat")), rate(pl.col("_flat")))
    frame = frame.rechunk()
    return frame.select(
        *[name for name in loans.columns if name != "annual_rate"],
        annual_rate=pl.coalesce("annual_rate", "_found"), _rate_note=pl.when(said).then(_note()),
        _rate_least=pl.when(said & pl.col("_found").is_null()).then(least),
    ).select(*loans.columns, "_rate_note", "_rate_least").with_columns(
        loans["instalment_interest", "interest_total"]
    )  # fmt: skip


def failures(loans: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-RTE-04` (a rate that nothing claims: which opens, or why none does) and `LON-CAP-02` for one that does not
    open and is above the cap. One that opens is held against it as any other.

    `loans` of `filled`, as `position.py` has them.
    """
    return [
        found(
            loans, pl.col("_active") & pl.col("_rate_note").is_not_null(), rule="LON-RTE-04", table="loans",
            column="annual_rate", before=pl.col("annual_rate"), note=pl.col("_rate_note"),
        ),
        found(
            loans, pl.col("_active") & (pl.col("_rate_least") > CAP), rule="LON-CAP-02", table="loans",
            column="annual_rate", before=pl.col("annual_rate"),
            note=pl.format(
                "no rate is stated, but the interest is that of {} % a year at least: above {} %",
                rates.percent_text(pl.col("_rate_least")), CAP,
            ),
        ),
    ]  # fmt: skip


def _yearly(over: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Percent a year, in millionths, of `over` / (principal x `count`) a period; null where a part is not known."""
    return half_up(over * whole(PERCENT) * pl.col("_a_year"), pl.col("_p") * count * pl.col("_months"))


def _exact() -> pl.Expr:
    """The rate that the stored interest is, in millionths of a percent a year."""
    method = pl.col("interest_method")
    solved = half_up(pl.col("_solved") * whole(PERCENT) * pl.col("_a_year"), pl.col("_months") * whole(RATE_SCALE))
    of_total = (
        pl.when(method == "annuity").then(solved)
        .when(method == "declining").then(_yearly(pl.col("_t") * 2, pl.col("_n") + 1))
        .when(method.is_not_null() | (pl.col("_n") == 1)).then(_yearly(pl.col("_t"), pl.col("_n")))
    )  # fmt: skip
    return pl.when(pl.col("_l").is_not_null()).then(_yearly(pl.col("_l"), whole(1))).otherwise(of_total)


def _neat(frame: pl.DataFrame) -> pl.Series:
    """The rate with two decimals a month, else a year, that gives the stored interest to the rupiah; else `_exact`."""
    answers = []
    for step in (12 * GRID, GRID):
        tried = frame.with_columns(_try=half_up(pl.col("_exact"), whole(step)) * step).with_columns(
            _num=pl.col("_try") * pl.col("_months"), _den=pl.col("_a_year") * whole(PERCENT)
        )
        tried = tried.with_columns(_all=interest_in_all(tried, "_num", "_den"))
        one = (half_up(pl.col("_p") * pl.col("_num"), pl.col("_den")) - pl.col("_l")).abs() <= RUPIAH
        whole_term = (pl.col("_all") - pl.col("_t")).abs() <= pl.col("_n") * RUPIAH
        fits = pl.when(pl.col("_l").is_not_null()).then(one).otherwise(whole_term)
        answers.append(tried.select(pl.when(fits.fill_null(False)).then("_try")).to_series())
    return pl.select(pl.coalesce(*answers, frame["_exact"])).to_series()


def _note() -> pl.Expr:
    method = pl.col("interest_method").fill_null("of any method")
    each = pl.format("Rp {} of interest an instalment", "instalment_interest")
    stored = pl.when(pl.col("_l").is_not_null()).then(each).otherwise(
        pl.format("Rp {} of interest in all", "interest_total")
    )  # fmt: skip
    told = pl.format(
        "{} on Rp {} over {} instalments", stored, rupiah("_p"), pl.col("_n").cast(pl.String).fill_null("?")
    )
    opens = pl.format("{} % a year {}, which opens", rates.percent_text(pl.col("_found")), method)
    lacks = {"principal": "_p", "tenor": "_n", "frequency": "_a_year"}
    missing = [pl.when(pl.col(name).is_null()).then(pl.lit(word)) for word, name in lacks.items()]
    lacking = pl.concat_str(missing, separator=", ", ignore_nulls=True)
    return (
        pl.when(pl.col("_found").is_not_null() & pl.col("_by_schedule").is_not_null())
        .then(pl.format("no rate is stated; the delivered schedule tells it to the rupiah: {}", opens))
        .when(pl.col("_found").is_not_null()).then(pl.format("no rate is stated; {} is {}", told, opens))
        .when(pl.coalesce("_l", "_t") == 0)
        .then(pl.lit("no rate is stated and the stored interest is 0: whether the loan bears none is not known"))
        .when(pl.col("_neat").is_not_null())
        .then(pl.format("no rate is stated; {} is {} % a year, above {} %: none opens", told,
                        rates.percent_text(rate(pl.col("_neat"))), MOST))
        .when(pl.col("interest_method").is_null() & pl.col("_flat").is_not_null())
        .then(pl.format("no rate and no method is stated; {} fits {} % a year flat and {} % a year declining alike: "
                        "none opens", told, rates.percent_text(rate(pl.col("_flat"))),
                        rates.percent_text(rate(pl.col("_falling")))))
        .otherwise(pl.format("no rate is stated and {} tells none; not known: {}", stored, lacking))
    )  # fmt: skip
