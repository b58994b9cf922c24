"""Interest (bunga) that is earned but not settled at the end of the cut-off day: of loans, savings and term deposits.

Put here the amounts. How they tie to the ledger is `ledger/accrued_ties.py`.

Policies. `interest_accrued_to` is the last day whose interest is settled (paid, credited or collected): interest counts
from the day after it to the cut-off day, both included. A balance counts from the day on which it stands at the day's
end. `day_count` (a policy of the batch): actual days of a year of 365, or months of 30 days of a year of 360, in which
the last day of every month is its 30th. Amounts are half-up to the sen.

- A loan with a schedule accrues the contract's own interest of its running instalment, pro rata of the days of the
  period; so a flat loan stays flat. Without `interest_accrued_to` it accrues from the last due date on or before the
  cut-off (at first from the disbursement). What is paid of the running instalment is taken off. Interest of instalments
  that fell due by the cut-off day and are unpaid is `due`, and never accrued a second time.
- A loan without a schedule, and savings, accrue by rate and daily balance; where no movements are delivered, by the
  balance at the cut-off (`basis` says which).
- What cannot be told is null with a reason in `unknown`, never 0: savings, and loans without a schedule, for which the
  source does not say to which day interest is settled; no rate; a deposit that matured before the cut-off and may have
  been paid out or rolled over; interest unsettled for more than ten years; interest settled to a day after the
  cut-off, which says nothing of the day before that one (unless the history shows the running instalment's as paid).

Final tax on savings (PP 15/2009, a policy): on the whole of a calendar month's accrued interest where that of all
accounts of a member is above the exempt amount. Interest of the same month that was settled before is not known here
and not counted. The tax stands beside gross and net; it falls due only when the interest is paid.
"""

from dataclasses import dataclass

import polars as pl

from koop_pipeline.opening.cutoffs import with_cutoff
from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans.due_dates import PERIOD_DAYS, PERIOD_MONTHS, add_months
from koop_pipeline.opening.money import PERCENT, half_up, millionths, rupiah, sen, whole
from koop_pipeline.opening.policies import with_policies

COLUMNS = [
    "cooperative_id", "table_name", "_row", "account_no", "product_code", "accrued_to", "counted_from", "days", "basis",
    "due", "gross", "tax", "net", "unknown",
]  # fmt: skip
LONGEST_YEARS = 10
SETTLED_LATER = "interest is settled to a day after the cut-off; what had accrued by then is not known"


@dataclass(frozen=True)
class Accrued:
    """`rows` (columns `COLUMNS`, one an account or loan that bears interest; rupiah) and `failures`.

    accrued_to: as the source says; counted_from: the first day that counts; days: how many count; due: unpaid interest
    of instalments that fell due (loans); net = gross - tax; unknown: why gross, tax and net are null.
    """

    rows: pl.DataFrame
    failures: pl.DataFrame


def days_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Days after `start` up to and with `end`, by the column `day_count`; Int128."""
    actual = (end - start).dt.total_days()
    by_month = _day_of_360(end) - _day_of_360(start)
    return pl.when(pl.col("day_count") == "30/360").then(by_month).otherwise(actual).cast(pl.Int128)


def _day_of_360(day: pl.Expr) -> pl.Expr:
    last = day == day.dt.month_end()
    number = pl.when(last).then(pl.lit(30, dtype=pl.Int64)).otherwise(day.dt.day().cast(pl.Int64))
    return day.dt.year().cast(pl.Int64) * 360 + day.dt.month().cast(pl.Int64) * 30 + number


def of_savings(
    accounts: pl.DataFrame, transactions: pl.DataFrame, cutoffs: pl.DataFrame, policies: pl.DataFrame | None = None
) -> Accrued:
    """Savings accounts and term deposits that are not closed and have a rate, or a day to which interest is settled.

    `accounts` carry the balance at the cut-off. ValueError where a cooperative has no cut-off.
    """
    frame = with_policies(with_cutoff(accounts, cutoffs), policies)
    bears = (pl.col("annual_rate") > 0).fill_null(False) | pl.col("interest_accrued_to").is_not_null()
    frame = frame.filter((pl.col("status") != "closed").fill_null(True) & bears).with_row_index("_key")
    delivered = transactions["cooperative_id"].unique().to_list()
    matured = (pl.col("matures_on") < pl.col("cutoff_on")) & (pl.col("interest_accrued_to") <= pl.col("matures_on"))
    frame = frame.with_columns(
        _balance=sen("balance"),
        _daily=pl.col("cooperative_id").is_in(delivered),
        _from=_settled_to(pl.col("opened_on") - pl.duration(days=1)),
        _ended=matured.fill_null(False),
    ).with_columns(unknown=_unknown("balance"))
    moves = transactions.select("cooperative_id", "account_no", _day="posted_on", _amount=sen("amount"))
    moves = moves.join(frame.select("cooperative_id", "account_no", "_key"), on=["cooperative_id", "account_no"])
    months = _taxed(_by_month(frame.filter(pl.col("unknown").is_null()), moves))
    sums = months.group_by("_key").agg(pl.col("_gross", "_tax").sum())
    frame = frame.join(sums, on="_key", how="left", maintain_order="left").with_columns(_due=whole(0))
    return Accrued(_rows(frame, "savings_accounts", "account_no"), _beyond(frame, "savings_accounts"))


def of_loans(loans: pl.DataFrame, contract: pl.DataFrame, rest: pl.DataFrame, repayments: pl.DataFrame) -> Accrued:
    """Loans that owe at the cut-off. The frames are those of `position.py`: amounts in sen, joined by `_loan`.

    `loans` as `outstanding.balances` gives them, with `schedule_source` and the policies.
    """
    owing = pl.col("_active") & ((pl.col("_out") > 0).fill_null(True) | (pl.col("schedule_source") != "none"))
    frame = loans.filter(owing).with_columns(_key="_loan", _balance="_out", _ended=pl.lit(False))
    scheduled = _by_contract(frame.filter(pl.col("schedule_source") != "none"), contract, rest)
    others = frame.filter(pl.col("schedule_source") == "none").with_columns(
        _daily=pl.col("_has_history") & (pl.col("_unknown_before") == 0), _from=_settled_to(pl.col("disbursed_on"))
    )
    others = others.with_columns(unknown=_unknown("outstanding principal"))
    moves = repayments.select(_key="_loan", _day="paid_on", _amount=whole(0) - pl.col("principal"))
    moves = moves.join(others.filter("_daily").select("_key"), on="_key", how="semi")
    sums = _by_month(others.filter(pl.col("unknown").is_null()), moves).group_by("_key").agg(pl.col("_gross").sum())
    others = others.join(sums, on="_key", how="left", maintain_order="left")
    others = others.with_columns(_due=pl.when(pl.col("unknown").is_null()).then(whole(0)), _tax=whole(0))
    both = pl.concat([_rows(scheduled, "loans", "loan_no"), _rows(others, "loans", "loan_no")])
    beyond = pl.concat([_beyond(scheduled, "loans"), _beyond(others, "loans")])
    return Accrued(both.sort("cooperative_id", "_row"), beyond)


def _settled_to(not_before: pl.Expr) -> pl.Expr:
    """The last day that does not count: settled, or before the account was there; at most the cut-off day."""
    settled = pl.col("interest_accrued_to")
    return pl.when(settled.is_not_null()).then(
        pl.min_horizontal(pl.max_horizontal(settled, not_before), pl.col("cutoff_on"))
    )


def _unknown(balance: str) -> pl.Expr:
    """Why interest by rate and balance cannot be told; null where it can."""
    too_long = pl.col("_from") < add_months(pl.col("cutoff_on"), pl.lit(-12 * LONGEST_YEARS))
    return (
        pl.when(pl.col("annual_rate").is_null()).then(pl.lit("the rate is not known"))
        .when(pl.col("_from").is_null()).then(pl.lit("the day to which interest is settled is not known"))
        .when(pl.col("interest_accrued_to") > pl.col("cutoff_on")).then(pl.lit(SETTLED_LATER))
        .when(pl.col("_balance").is_null()).then(pl.lit(f"the {balance} is not known"))
        .when(pl.col("_ended")).then(pl.lit("it matured before the cut-off; paid out or rolled over is not known"))
        .when(too_long).then(pl.lit(f"interest is said to be unsettled for more than {LONGEST_YEARS} years"))
    )  # fmt: skip


def _by_month(frame: pl.DataFrame, movements: pl.DataFrame) -> pl.DataFrame:
    """`frame` once a calendar month, with `_month` and `_gross`: whole sen that sum to the rounded whole.

    `movements`: _key, _day, _amount (what the balance grew by). The balance of the cut-off is taken back by them.
    """
    day_before, one = pl.col("_day") - pl.duration(days=1), pl.duration(days=1)
    months = frame.filter(pl.col("_from") < pl.col("cutoff_on")).with_columns(
        _month=pl.date_ranges((pl.col("_from") + one).dt.month_start(), pl.col("cutoff_on"), "1mo")
    )
    months = months.explode("_month").with_columns(
        _start=pl.max_horizontal(pl.col("_from"), pl.col("_month") - one),
        _end=pl.min_horizontal(pl.col("_month").dt.month_end(), pl.col("cutoff_on")),
    )
    dated = movements.with_columns(_month=pl.col("_day").dt.month_start()).join(
        months.select("_key", "_month", "_start", "_end", "day_count"), on=["_key", "_month"]
    )
    dated = dated.filter(pl.col("_day") > pl.col("_start"), pl.col("_day") <= pl.col("_end"))
    early = pl.col("_amount") * days_between(pl.col("_start"), day_before)
    moved = dated.group_by("_key", "_month").agg(_moved=pl.col("_amount").sum(), _absent=early.sum())
    months = months.join(moved, on=["_key", "_month"], how="left").sort("_key", "_month")
    months = months.with_columns(pl.col("_moved", "_absent").fill_null(whole(0)))
    at_end = pl.col("_balance") - pl.col("_moved").sum().over("_key") + pl.col("_moved").cum_sum().over("_key")
    product = at_end * days_between(pl.col("_start"), pl.col("_end")) - pl.col("_absent")
    year = pl.when(pl.col("day_count") == "30/360").then(whole(360)).otherwise(whole(365))
    months = months.with_columns(_earned=product * millionths("annual_rate"))
    so_far = half_up(pl.col("_earned").cum_sum().over("_key"), year * PERCENT)
    months = months.with_columns(_so_far=so_far)
    return months.with_columns(_gross=pl.col("_so_far") - pl.col("_so_far").shift(1).over("_key").fill_null(0))


def _taxed(months: pl.DataFrame) -> pl.DataFrame:
    together = pl.col("_gross").sum().over("cooperative_id", "member_no", "_month")
    tax = half_up(pl.col("_gross") * millionths("tax_rate"), whole(PERCENT))
    return months.with_columns(_tax=pl.when(together > sen("tax_exempt")).then(tax).otherwise(whole(0)))


def periods(loans: pl.DataFrame, contract: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """The interest periods of loans with a schedule, one row a loan and due date, in sen.

    `_start` (the day at whose end the period begins; null where not known), interest, `_rest` (what of it opens as
    unpaid), and of the loan cutoff_on, day_count, disbursed_on, frequency, interest_accrued_to. The frames are those of
    `of_loans`.
    """
    unpaid = rest.group_by("_loan", "due_on").agg(_rest=pl.col("rest_interest").sum())
    resumed = pl.col("_loan").is_in(rest.filter("untouched")["_loan"].unique().implode())
    frame = contract.group_by("_loan", "due_on").agg(
        pl.col("interest").sum(), pl.col("instalment_no").min(), _part=pl.col("principal").sum()
    )
    frame = frame.join(unpaid, on=["_loan", "due_on"], how="left").sort("_loan", "due_on")
    wanted = ["_loan", "cutoff_on", "day_count", "disbursed_on", "frequency", "interest_accrued_to", "_principal",
              "_tolerance"]  # fmt: skip
    return frame.join(loans.select(wanted), on="_loan", how="inner", maintain_order="left").with_columns(
        _start=_period_start(resumed), _rest=pl.col("_rest").fill_null(whole(0))
    )


def _by_contract(loans: pl.DataFrame, contract: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """Loans with a schedule: `_due`, and `_gross` of the instalment that runs at the end of the cut-off day."""
    dated = periods(loans, contract, rest)
    due = dated.filter(pl.col("due_on") <= pl.col("cutoff_on")).group_by("_loan").agg(_due=pl.col("_rest").sum())
    starts = pl.col("_start").fill_null(pl.col("cutoff_on")) <= pl.col("cutoff_on")
    running = dated.filter(starts & (pl.col("due_on") > pl.col("cutoff_on"))).with_columns(
        _from=pl.min_horizontal(pl.max_horizontal("_start", "interest_accrued_to"), "cutoff_on")
    )
    running = running.select("_loan", "_from", "_start", _gross=_earned_unpaid(), _unpaid="_rest")
    frame = loans.join(due, on="_loan", how="left", maintain_order="left")
    frame = frame.join(running, on="_loan", how="left", maintain_order="left")
    runs, later = pl.col("_unpaid").is_not_null(), pl.col("interest_accrued_to") > pl.col("cutoff_on")
    unknown = pl.when(runs & pl.col("_start").is_null()).then(
        pl.lit("the day on which the running instalment begins is not known")
    )
    frame = frame.with_columns(
        pl.col("_due").fill_null(whole(0)),
        _tax=whole(0),
        unknown=unknown.when(later & (pl.col("_unpaid") > 0)).then(pl.lit(SETTLED_LATER)),
    )
    return frame.with_columns(pl.coalesce("_from", "cutoff_on"))


def _period_start(resumed: pl.Expr) -> pl.Expr:
    """The due date before; of the first instalment the disbursement (not in a schedule of what remains, `resumed`),
    else one period before, where either is known.
    """
    full = (pl.col("_part").sum().over("_loan") - pl.col("_principal")).abs() <= pl.col("_tolerance")
    from_start = full & ~resumed & (pl.col("instalment_no") == 1) & (pl.col("disbursed_on") < pl.col("due_on"))
    months, days = (
        pl.col("frequency").replace_strict(values, default=None, return_dtype=pl.Int64)
        for values in (PERIOD_MONTHS, PERIOD_DAYS)
    )
    before = pl.coalesce(add_months(pl.col("due_on"), -months), pl.col("due_on") - pl.duration(days=days))
    own = pl.when(from_start).then("disbursed_on").otherwise(before)
    return pl.coalesce(pl.col("due_on").shift(1).over("_loan"), own)


def _earned_unpaid() -> pl.Expr:
    """Interest of a running instalment for the days since `_from`, less what is paid of what it has earned; sen."""
    start, due = pl.col("_start"), pl.col("due_on")
    period = pl.max_horizontal(days_between(start, due), whole(1))
    since = half_up(pl.col("interest") * days_between(pl.col("_from"), pl.col("cutoff_on")), period)
    earned = half_up(pl.col("interest") * days_between(start, pl.col("cutoff_on")), period)
    paid = pl.col("interest") - pl.col("_rest")
    known = pl.col("_start").is_not_null()
    return pl.when(known).then(pl.min_horizontal(since, earned - paid).clip(0))


def _rows(frame: pl.DataFrame, table: str, number: str) -> pl.DataFrame:
    known = pl.col("unknown").is_null()
    gross, tax = (pl.when(known).then(pl.col(name).fill_null(whole(0))) for name in ("_gross", "_tax"))
    by_balance = pl.when("_daily").then(pl.lit("daily balance")).otherwise(pl.lit("balance at the cut-off"))
    return frame.select(
        "cooperative_id",
        pl.lit(table).alias("table_name"),
        "_row",
        "product_code",
        "unknown",
        account_no=number,
        accrued_to="interest_accrued_to",
        counted_from=pl.when(known).then(pl.col("_from") + pl.duration(days=1)),
        days=pl.when(known).then(days_between(pl.col("_from"), pl.col("cutoff_on"))).cast(pl.Int32),
        basis=pl.when(known).then(by_balance if "_daily" in frame.columns else pl.lit("contract")),
        due=rupiah("_due"),
        gross=rupiah(gross),
        tax=rupiah(tax),
        net=rupiah(gross - tax),
    ).select(COLUMNS)


def _beyond(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """`LON-ACR-01`, `SAV-ACR-01`: interest is settled for days after the cut-off."""
    settled = pl.col("interest_accrued_to")
    rule = {"loans": "LON-ACR-01", "savings_accounts": "SAV-ACR-01"}[table]
    return found(
        frame, settled > pl.col("cutoff_on"), rule=rule, table=table, column="interest_accrued_to", before=settled,
        note=pl.format(
            "interest is settled to {}, {} days after the cut-off day {}; those days must not be counted again{}",
            settled, (settled - pl.col("cutoff_on")).dt.total_days(), "cutoff_on",
            pl.when(pl.col("unknown").is_null()).then(pl.lit(""))
            .otherwise(pl.lit(", and what had accrued by the cut-off is not known")),
        ),
    )  # fmt: skip
