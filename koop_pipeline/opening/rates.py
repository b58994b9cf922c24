"""Interest rates: from what a source stores to percent a year, and to the exact rate of one period.

Put here bases and periods, and the comparison of a stored rate with the stored interest. A rate of a period is kept as
a fraction of two whole numbers, so nothing is rounded before an amount is. Rules: domain section 4 ("the stored rate's
base differs by system"); nominal = rate a period x periods a year; a year has 365 days, 52 weeks, 12 months; a flat
rate stays flat.
"""

from decimal import Decimal

import polars as pl

from koop_pipeline.opening.due_dates import instalment_count, months_between
from koop_pipeline.opening.money import RUPIAH, half_up, millionths, rate, rupiah, sen, shown, whole
from koop_pipeline.opening.rounding import UNITS

PERIODS_A_YEAR = {"daily": 365, "weekly": 52, "monthly": 12, "yearly": 1}
PERCENT = 100 * 1_000_000
BASES = ("per_month", "per_year", "whole_term")
FIT = 200


def _periods() -> tuple[pl.Expr, pl.Expr]:
    """Periods a year as a fraction; a seasonal loan has n instalments in the months from disbursement to maturity."""
    fixed = pl.col("frequency").replace_strict(PERIODS_A_YEAR, default=None, return_dtype=pl.Int128)
    span = months_between(pl.col("disbursed_on"), pl.coalesce("maturity_on", "first_due_on"))
    known = (pl.col("frequency") == "seasonal") & (span >= 1)
    periods = pl.when(known).then(instalment_count() * 12).otherwise(fixed).cast(pl.Int128)
    return periods, pl.when(known).then(span).otherwise(1).cast(pl.Int128)


def _fraction(base: str, percent: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The rate of one period (1 = the whole principal) as numerator and denominator, from a stored rate."""
    over, under = _periods()
    if base == "whole_term":
        return percent, instalment_count().cast(pl.Int128) * whole(PERCENT)
    yearly = percent * 12 if base == "per_month" else percent
    return yearly * under, over * whole(PERCENT)


def _fits(base: str) -> pl.Expr:
    """Whether `base` explains the stored flat interest of one period to within half a percent of it."""
    n = instalment_count().cast(pl.Int128)
    interest = pl.coalesce(sen("instalment_interest") * n, sen("interest_total"))
    over, under = _fraction(base, millionths("source_rate"))
    stated, expected = interest * under, sen("principal") * over * n
    flat = pl.col("interest_method").fill_null("flat").is_in(["flat", "margin"])
    return (flat & (interest > 0) & ((stated - expected).abs() * FIT <= stated)).fill_null(False)


def basis() -> pl.Expr:
    """The stored basis, else the first of the three that explains the stored interest of a flat loan, else null.

    Where two explain it they are the same rate (percent a year, and for a whole term of twelve months).
    """
    fitted = pl.coalesce(*[pl.when(_fits(base)).then(pl.lit(base)) for base in BASES])
    return pl.coalesce("source_rate_basis", fitted)


def _from_source() -> pl.Expr:
    stored, base = millionths("source_rate"), pl.col("_basis")
    over, under = _periods()
    whole_term = half_up(stored * over, instalment_count().cast(pl.Int128) * under)
    yearly = pl.when(base == "per_month").then(stored * 12).when(base == "per_year").then(stored)
    return rate(pl.coalesce(yearly, pl.when(base == "whole_term").then(whole_term)))


def annual_rate() -> pl.Expr:
    """Percent a year, Decimal(12,6): the stated one, else from `source_rate`; needs the column `_basis`."""
    return pl.coalesce("annual_rate", _from_source())


def with_period_rate(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` with `_num`/`_den`, the exact rate of one period; null where unknown or negative.

    The source's own rate is used where `annual_rate` is empty or no more than that rate restated.
    """
    frame = loans.with_columns(_basis=basis())
    restated = pl.col("annual_rate").is_null() | (pl.col("annual_rate") == _from_source()).fill_null(False)
    nums, dens = zip(*[_fraction(base, millionths("source_rate")) for base in BASES], strict=True)
    picks = [restated & (pl.col("_basis") == base) for base in BASES]
    stated_num, stated_den = _fraction("per_year", millionths("annual_rate"))
    num = pl.coalesce(*[pl.when(pick).then(expr) for pick, expr in zip(picks, nums, strict=True)], stated_num)
    den = pl.coalesce(*[pl.when(pick).then(expr) for pick, expr in zip(picks, dens, strict=True)], stated_den)
    frame = frame.with_columns(_num=num, _den=den)
    usable = (pl.col("_num") >= 0) & (pl.col("_den") > 0)
    return frame.with_columns(_num=pl.when(usable).then("_num"), _den=pl.when(usable).then("_den"))


def percent_text(percent: pl.Expr) -> pl.Expr:
    """A rate for a sentence, without trailing zeros; `?` where unknown."""
    return percent.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".").fill_null("?")


INFERRED = [
    "cooperative_id", "loan_no", "method", "rate_basis", "annual_rate", "deviation", "methods", "bases", "tie",
    "claim", "explanation",
]  # fmt: skip
METHODS = ("flat", "declining", "annuity", "bullet")


def stored(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans`, one a number and counted by `_loan`, with what they store of principal and interest in sen."""
    numbered = loans.unique(["cooperative_id", "loan_no"], keep="first", maintain_order=True).with_row_index("_loan")
    return numbered.with_columns(
        _p=sen("principal"), _n=instalment_count().cast(pl.Int128), _l=sen("instalment_interest"),
        _t=sen("interest_total"), _ip=sen("instalment_principal"), _paced=_periods()[0].is_not_null(),
    ).with_columns(_shown=_shown_unit(), _stored=pl.coalesce("_l", half_up(pl.col("_t"), pl.col("_n"))))  # fmt: skip


def compared(loans: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """The columns `INFERRED`, one row a loan of `stored`, from its `combinations` with `_a`, the annuity in sen."""
    fitted = _fitted(candidates)
    told = fitted.filter("_fits").group_by("_loan", maintain_order=True).agg(
        tie=pl.col("_base").n_unique() > 1,
        methods=pl.col("_method").unique(maintain_order=True).str.join(", "),
        bases=pl.col("_base").unique(maintain_order=True).str.join(", "),
        _agrees=pl.col("_claimed").any(),
        _one_rate=pl.col("_nominal").n_unique() == 1,
    )  # fmt: skip
    nearest = fitted.filter(pl.col("_order") == 0)
    chosen = nearest.select("_loan", "_method", "_base", "_nominal", "_deviation", "_expected", "_fits", "_claimed")
    frame = loans.join(chosen, on="_loan", how="left", maintain_order="left")
    return _told(frame.join(told, on="_loan", how="left", maintain_order="left"))


def _shown_unit() -> pl.Expr:
    """The stated rounding unit in sen, else the coarsest usual one that divides the stored interest."""
    amounts = [pl.col(name).fill_null(0) for name in ("_l", "_t")]
    shown_units = [
        pl.when(pl.all_horizontal(*[amount % (unit * RUPIAH) == 0 for amount in amounts])).then(unit * RUPIAH)
        for unit in sorted(UNITS, reverse=True)
    ]
    stated = pl.when(pl.col("rounding_unit") > 0).then(sen("rounding_unit"))
    return pl.coalesce(stated, *shown_units, RUPIAH).cast(pl.Int128)


def combinations(loans: pl.DataFrame) -> pl.DataFrame:
    """Loans of `stored` x base x method (`_base`, `_method`), where rate and interest are stored, with the rate of a
    period `_num`/`_den` and the nominal one `_nominal`.
    """
    stored, yearly = pl.col("source_rate"), pl.col("annual_rate")
    usable = loans.filter(
        (pl.col("_p") > 0)
        & pl.col("_n").is_not_null()
        & (pl.col("_stored") >= 0)
        & pl.coalesce(stored, yearly).is_not_null()
    )
    by_base = []
    for base in BASES:
        percent = pl.coalesce(stored, yearly) if base == "per_year" else stored
        num, den = _fraction(base, millionths(percent))
        frame = usable.with_columns(_base=pl.lit(base), _num=num, _den=den, _nominal=_yearly(base, millionths(percent)))
        by_base.append(frame.filter((pl.col("_num") >= 0) & (pl.col("_den") > 0)))
    methods = pl.DataFrame({"_method": METHODS, "_rank": range(len(METHODS))})
    frame = pl.concat(by_base).join(methods, how="cross")
    bullet = pl.when(pl.col("_ip") == 0).then(pl.col("_n") > 1).otherwise(pl.col("interest_method") == "bullet")
    margin = (pl.col("_method") == "flat") & (pl.col("interest_method") == "margin")
    shaped = pl.when(pl.col("_method") == "bullet").then(bullet).otherwise(~((pl.col("_ip") == 0) & (pl.col("_n") > 1)))
    frame = frame.filter(shaped.fill_null(pl.col("_method") != "bullet"))
    return frame.with_columns(_method=pl.when(margin.fill_null(False)).then(pl.lit("margin")).otherwise("_method"))


def _yearly(base: str, stored: pl.Expr) -> pl.Expr:
    over, under = _periods()
    if base == "whole_term":
        return rate(half_up(stored * over, instalment_count().cast(pl.Int128) * under))
    return rate(stored * 12 if base == "per_month" else stored)


def _fitted(frame: pl.DataFrame) -> pl.DataFrame:
    """Combinations with `_expected` interest, `_deviation` (sen an instalment), `_fits`, `_claimed` and `_order`."""
    p, n, num, den = (pl.col(name) for name in ("_p", "_n", "_num", "_den"))
    method, level = pl.col("_method"), pl.col("_a")
    first = half_up(p * num, den)
    falling = pl.when(method == "declining").then(half_up(p * num * (n + 1), den * 2))
    total = falling.when(method == "annuity").then(level * n - p).otherwise(half_up(p * num * n, den))
    repaid = pl.when(method == "annuity").then(level - first).when(method == "bullet").then(whole(0))
    offs = [
        (pl.col("_l") - first).abs(),
        half_up((pl.col("_t") - total).abs(), n),
        pl.when(n > 1).then((pl.col("_ip") - repaid.otherwise(half_up(p, n))).abs()),
    ]
    off = pl.col("_deviation")
    frame = frame.with_columns(
        _expected=pl.when(pl.col("_l").is_not_null()).then(first).otherwise(half_up(total, n)),
        _deviation=pl.max_horizontal(*offs),
    ).with_columns(_sharp=off <= RUPIAH, _coarse=(off <= pl.col("_shown")) & (off * 10 <= pl.col("_stored")))
    sharp = pl.col("_sharp").any().over("_loan")
    same_rate = (pl.col("annual_rate") - pl.col("_nominal")).abs() <= pl.lit(Decimal("0.01"))
    claims = [method == pl.col("interest_method"), pl.col("_base") == pl.col("source_rate_basis"), same_rate]
    base = pl.col("_base").replace_strict(list(BASES), [0, 1, 2], return_dtype=pl.Int32)
    frame = frame.with_columns(
        _fits=pl.when(sharp).then("_sharp").otherwise("_coarse"),
        _claimed=pl.all_horizontal(*[claim.fill_null(True) for claim in claims]),
    ).sort("_loan", ~pl.col("_fits"), ~pl.col("_claimed"), "_deviation", base, "_rank")
    return frame.with_columns(_order=pl.int_range(pl.len()).over("_loan"))


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    fits = pl.col("_fits").fill_null(False)
    states = pl.any_horizontal(pl.col("interest_method", "source_rate_basis", "annual_rate").is_not_null())
    known = pl.when(~states | _untold()).then(pl.lit("cannot_tell"))
    claim = known.when(pl.col("_agrees").fill_null(False)).then(pl.lit("agrees")).otherwise(pl.lit("disagrees"))
    settled = fits & (pl.col("_claimed") | pl.col("_one_rate"))
    frame = frame.with_columns(
        method=pl.when(fits).then("_method"),
        rate_basis=pl.when(fits).then("_base"),
        claim=claim,
        tie=pl.col("tie").fill_null(False),
        _found=pl.when(settled).then("_nominal"),
    )
    return frame.with_columns(
        explanation=_finding(), annual_rate="_found", deviation=rupiah(pl.when(~_untold()).then("_deviation"))
    ).select(INFERRED)


def _finding() -> pl.Expr:
    stored = shown(rupiah("_stored"))
    stated = percent_text(pl.coalesce("source_rate", "annual_rate"))
    fitting = pl.format(
        "{} stored and {} of interest an instalment fit {} {}, {} % a year, to {} an instalment{}{}",
        stated, stored, "_method", "_base", percent_text(pl.col("_nominal")), shown(rupiah("_deviation")),
        pl.when("tie").then(pl.format("; the bases {} fit alike", "bases")).otherwise(pl.lit("")),
        pl.when(pl.col("claim") == "disagrees").then(_claimed_text()).otherwise(pl.lit("")),
    )  # fmt: skip
    failing = pl.format(
        "{} stored fits {} of interest an instalment in no way; the nearest, {} {}, would give {}{}",
        stated, stored, "_method", "_base", shown(rupiah("_expected")),
        pl.when(pl.col("claim") == "disagrees").then(_claimed_text()).otherwise(pl.lit("")),
    )  # fmt: skip
    lacks = {"principal": "principal", "tenor": "tenor", "_stored": "stored interest"}
    missing = [pl.when(pl.col(name).is_null()).then(pl.lit(word)) for name, word in lacks.items()]
    missing.append(pl.when(pl.coalesce("source_rate", "annual_rate").is_null()).then(pl.lit("stored rate")))
    lacking = pl.concat_str(missing, separator=", ", ignore_nulls=True)
    nothing = pl.format(
        "nothing to compare: not known {}", pl.when(lacking == "").then(pl.lit("frequency")).otherwise(lacking)
    )
    return pl.when("_fits").then(fitting).when(_untold()).then(nothing).otherwise(failing)


def _untold() -> pl.Expr:
    """Whether there is nothing to compare, or only the base that needs no frequency, which does not fit."""
    return pl.col("_deviation").is_null() | (~pl.col("_paced") & ~pl.col("_fits").fill_null(False))


def _claimed_text() -> pl.Expr:
    claims = [pl.col(name).fill_null("?") for name in ("interest_method", "source_rate_basis")]
    return pl.format("; the source claims {} {}, {} % a year", *claims, percent_text(pl.col("annual_rate")))
