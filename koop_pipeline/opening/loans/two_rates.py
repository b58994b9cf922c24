"""Two stated rates of one loan that contradict each other: `annual_rate`, and `source_rate` by its base.

Put here which of the two generates, and what is said. Rates against stored interest are `stored_interest.py`.

Policy (ADR 0030). What the borrower pays decides: a delivered schedule, else the stored interest, else the history: the
interest of at least one payment is that of one of the two rates (on the principal that was left, where the method has
it on the balance, else on the whole) and not of the other, and no payment is that of the other alone. Payments that are
of neither, a part or a sum of several, tell nothing; nor does one of the higher rate that is as well several periods of
the lower one, where it repays as many instalments or, where no principal could tell that (in an annuity too), comes as
many periods after the payment before it; nor one that was taken back, and its reversal. Where nothing decides, the
stated annual rate generates and that blocks. A stored rate of two decimals or more contradicts where no rounding or
cutting of its last place makes it the other.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import rates, repayments
from koop_pipeline.opening.loans.claims import differ, last_place
from koop_pipeline.opening.loans.on_balance import FALLING
from koop_pipeline.opening.money import PERCENT, RUPIAH, half_up, millionths, rupiah, sen, whole

NEAR = 1_000 * RUPIAH
DAYS = 365
LEVEL = ("flat", "declining", "margin")


def followed(loans: pl.DataFrame, stated: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """`loans` with annual_rate as it opens where two stated ones contradict each other, and `_two_rates` (whether they
    do), `_stated_rate`, `_source_rate` (percent a year; the latter null where its base is not known), `_by_history`
    (whether that tells which) and, where there is one, of its payments with interest `_first_interest` (sen),
    `_paying`, `_for_stated` and `_for_source` (how many there are, and are of one rate alone).

    `stated`: the same rows as the source has them; `made`: repayments with `_loan`. Same rows, same order.
    """
    source = [rates.nominal(base, millionths("source_rate")) for base in rates.BASES]
    known = [
        pl.when(pl.col("source_rate_basis") == base).then(one) for base, one in zip(rates.BASES, source, strict=True)
    ]
    unlike = {
        base: differ(pl.col("annual_rate"), one, last_place(base))
        for base, one in zip(rates.BASES, source, strict=True)
    }
    own = stated.select(
        "_loan", _stated_rate="annual_rate", _source_rate=pl.coalesce(known),
        _two_rates=pl.when(pl.col("source_rate_basis").is_null()).then(pl.all_horizontal(unlike.values()))
        .otherwise(pl.any_horizontal([(pl.col("source_rate_basis") == base) & each for base, each in unlike.items()]))
        .fill_null(False),
    )  # fmt: skip
    frame = loans.join(own, on="_loan", how="left", maintain_order="left")
    votes = _votes(frame.filter("_two_rates"), made)
    frame = frame.join(votes, on="_loan", how="left", maintain_order="left")
    by_stated, by_source = pl.col("_for_stated") > 0, pl.col("_for_source") > 0
    silent = stated.select(pl.all_horizontal(pl.col("instalment_interest", "interest_total").is_null())).to_series()
    tells = (pl.col("_two_rates") & silent & (by_stated != by_source)).fill_null(False)
    unmoved = (pl.col("annual_rate") == pl.col("_stated_rate")).fill_null(False)
    return frame.with_columns(
        _by_history=tells,
        annual_rate=pl.when(tells & by_source & unmoved).then("_source_rate").otherwise("annual_rate"),
    )


def _votes(loans: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """`_loan`, `_first_interest`, `_paying`, `_for_stated`, `_for_source` of `loans` with a payment of interest."""
    side = sen("penalty").fill_null(0) + sen("fee").fill_null(0)
    owed = repayments.standing(made.join(loans.select("_loan"), on="_loan", how="semi"))
    paid = owed.sort("paid_on", "_row").select(
        "_loan", "paid_on", _interest=sen("interest"),
        _repaid=pl.coalesce(sen("principal"), sen("total") - sen("interest") - side),
    ).with_columns(
        _before=pl.col("_repaid").fill_null(0).cum_sum().over("_loan") - pl.col("_repaid").fill_null(0),
        _untold=pl.col("_repaid").is_null().cum_sum().over("_loan") - pl.col("_repaid").is_null().cast(pl.Int32) > 0,
    )  # fmt: skip
    frame = paid.filter(pl.col("_interest") > 0).join(loans, on="_loan", how="inner", maintain_order="left")
    falls = pl.col("interest_method").is_in(FALLING).fill_null(False)
    left = pl.when(~pl.col("_untold")).then(sen("principal") - pl.col("_before"))
    frame = frame.with_columns(_on=pl.when(falls).then(left).otherwise(sen("principal")))
    frame = _with_periods(frame)
    by_stated = _fits("_stated_rate") & ~_sum_of("_source_rate")
    by_source = _fits("_source_rate") & ~_sum_of("_stated_rate")
    return frame.group_by("_loan").agg(
        _first_interest=pl.col("_interest").first(), _paying=pl.len(),
        _for_stated=(by_stated & ~by_source).sum(), _for_source=(by_source & ~by_stated).sum(),
    )  # fmt: skip


def failures(loans: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-RTE-05` (two stated rates contradict each other, and something decides) and `LON-RTE-06` (nothing does, and
    the schedule is made from one of them). Said of loans that owe at the cut-off.

    `loans` of `followed`, as `position.py` has them.
    """
    delivered = (pl.col("schedule_source") == "delivered") & ~pl.col("_divided") & ~pl.col("_silent")
    stored = pl.any_horizontal(pl.col("instalment_interest", "interest_total").is_not_null())
    decides = (
        pl.when(delivered).then(pl.lit("the delivered schedule decides the interest"))
        .when(stored).then(pl.lit("the stored interest decides"))
        .when("_by_history").then(pl.format(
            "the history decides, {} of its {} payments of interest are of this rate and none of the other, the first "
            "has Rp {}", pl.max_horizontal("_for_stated", "_for_source"), "_paying", rupiah("_first_interest"),
        ))
        .when(pl.col("schedule_source") == "none").then(pl.lit("no schedule is made from either"))
    )  # fmt: skip
    both = pl.format(
        "the stated {} % a year and the stored rate {} ({}), which is {} % a year, contradict each other",
        rates.percent_text(pl.col("_stated_rate")), rates.percent_text(pl.col("source_rate")),
        pl.col("source_rate_basis").fill_null("base not stated"), rates.percent_text(pl.col("_source_rate")),
    )  # fmt: skip
    nothing = pl.when((pl.col("_for_stated") > 0) & (pl.col("_for_source") > 0)).then(pl.format(
        "no schedule or stored interest decides, and of {} payments of interest {} are of the one and {} of the other",
        "_paying", "_for_stated", "_for_source",
    )).otherwise(pl.lit("no schedule, stored interest or payment decides"))  # fmt: skip
    owes = pl.col("_active") & pl.col("_two_rates")
    opens = rates.percent_text(pl.col("annual_rate"))
    return [
        found(
            loans, owes & decides.is_not_null(), rule="LON-RTE-05", table="loans", column="annual_rate",
            before=pl.col("_stated_rate"), note=pl.format("{}; {}: {} % a year opens", both, decides, opens),
        ),
        found(
            loans, owes & decides.is_null(), rule="LON-RTE-06", table="loans", column="annual_rate",
            before=pl.col("_stated_rate"),
            note=pl.format(
                "{}, and {}: Rp {} of interest would open by {} % a year; correct the wrong one", both, nothing,
                rupiah("_interest_rest"), opens,
            ),
        ),
    ]  # fmt: skip


def _with_periods(paid: pl.DataFrame) -> pl.DataFrame:
    """`_periods`: of how many periods a payment of interest may be, by the instalments whose principal it repays, else
    by the days since the one before it (or the disbursement). `paid`: payments in order beside their loans.
    """
    over, under = rates.periods()
    begun = pl.coalesce(pl.col("paid_on").shift(1).over("_loan"), "disbursed_on")
    days = (pl.col("paid_on") - begun).dt.total_days().cast(pl.Int128)
    counts = half_up(pl.col("_repaid") * pl.col("tenor").cast(pl.Int128), sen("principal"))
    level = pl.col("interest_method").is_in(LEVEL).fill_null(False) & (pl.col("_repaid") > 0)
    return paid.with_columns(
        _periods=pl.when(level).then(counts).otherwise(half_up(days * over, under * DAYS)).fill_null(1)
    )


def _sum_of(percent: str) -> pl.Expr:
    """Whether the interest paid is that of two periods or more, up to `_periods`, at a yearly rate."""
    one = _interest_of(percent)
    several = half_up(pl.col("_interest"), one)
    return ((several >= 2) & (several <= pl.col("_periods")) & _near(several * one)).fill_null(False)


def _interest_of(percent: str) -> pl.Expr:
    """Interest of one period at a yearly rate on the principal `_on`."""
    over, under = rates.periods()
    return half_up(pl.col("_on") * millionths(percent) * under, over * whole(PERCENT))


def _near(expected: pl.Expr) -> pl.Expr:
    off = (pl.col("_interest") - expected).abs()
    return (off <= NEAR) & (off * 10 <= expected)


def _fits(percent: str) -> pl.Expr:
    """Whether the interest paid is that of a yearly rate on the principal `_on`, within Rp 1,000 and a tenth."""
    return _near(_interest_of(percent)).fill_null(False)
