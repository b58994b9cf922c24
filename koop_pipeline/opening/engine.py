"""The contractual schedule of a loan, from its terms: flat, declining, annuity, bullet, margin.

Put here how principal and interest of an instalment come about. What has been paid of them belongs to `remaining.py`.

Rules (design section 5, domain section 4): each part is rounded half-up to the rounding unit; the last principal takes
what remains. Interest a period: flat r x P; declining, annuity and bullet r x the balance before. Annuity: A = P x r /
(1 - (1 + r)^-n), principal = A - interest. Margin: a fixed sum, margin / n each, and the last takes what remains of it,
so that principal and margin are paid in full and no more. A flat loan without a rate takes its stored interest.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import polars as pl

from koop_pipeline.opening import derive, rates
from koop_pipeline.opening.due_dates import due_on, with_calendar
from koop_pipeline.opening.money import half_up, half_up_to, rupiah, sen, whole

FACTOR_SCALE = 10**20
COLUMNS = ["cooperative_id", "loan_no", "instalment_no", "due_on", "principal", "interest", "total", "balance_after"]


def generate(loans: pl.DataFrame) -> pl.DataFrame:
    """The full schedule of every loan whose terms are known, one row an instalment 1..n, in the order of `loans`.

    Columns `COLUMNS`, rupiah as Decimal(18,2); `balance_after` is the principal that remains after it. A loan without
    principal, method, rate (or interest), tenor or a date to count from gets no rows.
    """
    frame = instalments(loans.with_row_index("_loan"))
    money = [rupiah(name).alias(name) for name in ("principal", "interest", "total", "balance_after")]
    frame = frame.with_columns(total=pl.col("principal") + pl.col("interest")).with_columns(money)
    owners = loans.with_row_index("_loan").select("_loan", "cooperative_id", "loan_no")
    return frame.join(owners, on="_loan", how="left", maintain_order="left").select(COLUMNS)


def instalments(loans: pl.DataFrame) -> pl.DataFrame:
    """As `generate`, for loans numbered by `_loan`: instalment_no, due_on, and amounts in whole sen (Int64)."""
    ready = _ready(loans)
    level = _closed_form(ready.filter(pl.col("interest_method") != "annuity"))
    annuity = _annuities(ready.filter(pl.col("interest_method") == "annuity"))
    frame = pl.concat([level, annuity]).sort("_loan", "_k")
    calendar = ready.select("_loan", "_n", "_first", "_due_day", "_span", "_days", "frequency", "maturity_on")
    frame = frame.join(calendar, on="_loan", how="left", maintain_order="left").with_columns(
        due_on=due_on(pl.col("_k"))
    )
    whole_sen = [pl.col(name).cast(pl.Int64) for name in ("principal", "interest", "balance_after")]
    return frame.select("_loan", pl.col("_k").cast(pl.Int32).alias("instalment_no"), "due_on", *whole_sen)


def _ready(loans: pl.DataFrame) -> pl.DataFrame:
    """Loans whose terms are complete, with `_p` principal, `_u` unit, `_i` level interest and `_m` margin in sen."""
    frame = with_calendar(rates.with_period_rate(derive.terms(loans)))
    frame = frame.with_columns(_p=sen("principal"), _u=sen("rounding_unit"), _n128=pl.col("_n").cast(pl.Int128))
    by_rate = half_up_to(pl.col("_p") * pl.col("_num"), pl.col("_den"), pl.col("_u"))
    by_term = half_up(pl.col("_p") * pl.col("_num") * pl.col("_n128"), pl.col("_den"))
    method = pl.col("interest_method")
    stored = pl.coalesce(sen("interest_total"), sen("instalment_interest") * pl.col("_n128"))
    margin = pl.when(method == "margin").then(pl.coalesce(stored, by_term))
    spread = pl.when((method == "flat") & pl.col("_num").is_null() & pl.col("instalment_interest").is_null()).then(
        stored
    )
    frame = frame.with_columns(_i=pl.coalesce(by_rate, sen("instalment_interest")), _m=pl.coalesce(margin, spread))
    rated = pl.col("_num").is_not_null() | (method == "flat") & pl.col("_i").is_not_null() | (pl.col("_m") >= 0)
    dated = due_on(pl.lit(1)).is_not_null() & due_on(pl.col("_n")).is_not_null()
    return frame.filter(
        (pl.col("_p") > 0) & method.is_not_null() & rated & dated & ((method != "margin") | (pl.col("_m") >= 0))
    )


def _closed_form(loans: pl.DataFrame) -> pl.DataFrame:
    """Every method whose k-th instalment follows from its number alone."""
    frame = loans.with_columns(_k=pl.int_ranges(1, pl.col("_n") + 1)).explode("_k")
    k, last, method = pl.col("_k").cast(pl.Int128), pl.col("_k") == pl.col("_n"), pl.col("interest_method")
    part = pl.when(method == "bullet").then(whole(0)).otherwise(_part("_p"))
    before = pl.max_horizontal(pl.col("_p") - (k - 1) * part, whole(0))
    principal = pl.when(last).then(before).otherwise(pl.min_horizontal(part, before))
    on_balance = half_up_to(before * pl.col("_num"), pl.col("_den"), pl.col("_u"))
    left = pl.max_horizontal(pl.col("_m") - (k - 1) * _part("_m"), whole(0))
    fixed = pl.when(last).then(left).otherwise(pl.min_horizontal(_part("_m"), left))
    spread = pl.when(pl.col("_m").is_not_null()).then(fixed)
    interest = pl.when(method.is_in(["declining", "bullet"])).then(on_balance).otherwise(pl.coalesce(spread, "_i"))
    return frame.select("_loan", "_k", principal=principal, interest=interest, balance_after=before - principal)


def _part(column: str) -> pl.Expr:
    """The n-th part of an amount, rounded half-up to the unit."""
    return half_up_to(pl.col(column), pl.col("_n128"), pl.col("_u"))


def annuity_factor(numerator: int, denominator: int, n: int) -> int:
    """A / P for the rate numerator/denominator a period over n periods, times `FACTOR_SCALE`, rounded half-up."""
    with localcontext() as context:
        context.prec = 60
        rate = Decimal(numerator) / Decimal(denominator)
        factor = rate / (1 - (1 + rate) ** -n) if rate else Decimal(1) / n
        return int((factor * FACTOR_SCALE).to_integral_value(ROUND_HALF_UP))


def _annuities(loans: pl.DataFrame) -> pl.DataFrame:
    """Annuities, one pass for each instalment number over all loans that still have one."""
    keys = loans.select("_num", "_den", "_n").unique()
    factors = [annuity_factor(*key) for key in zip(*keys.get_columns(), strict=True)]
    factor = keys.with_columns(_factor=pl.Series(factors, dtype=pl.Int128))
    state = loans.join(factor, on=["_num", "_den", "_n"]).select(
        "_loan", "_n", "_num", "_den", "_u", before=pl.col("_p"),
        _a=half_up_to(pl.col("_p") * pl.col("_factor"), whole(FACTOR_SCALE), pl.col("_u")),
    )  # fmt: skip
    passes = [_no_rows()]
    for k in range(1, (loans["_n"].max() or 0) + 1):  # type: ignore[operator,arg-type]
        state = _one_pass(state.filter(pl.col("_n") >= k), k)
        passes.append(state.select("_loan", "_k", "principal", "interest", "balance_after"))
        state = state.with_columns(before=pl.col("balance_after"))
    return pl.concat(passes)


def _one_pass(state: pl.DataFrame, k: int) -> pl.DataFrame:
    before = pl.col("before")
    interest = half_up_to(before * pl.col("_num"), pl.col("_den"), pl.col("_u"))
    level = (pl.col("_a") - pl.col("interest")).clip(0, before)
    return (
        state.with_columns(_k=pl.lit(k, dtype=pl.Int64), interest=interest)
        .with_columns(principal=pl.when(pl.col("_n") == k).then(before).otherwise(level))
        .with_columns(balance_after=before - pl.col("principal"))
    )


def _no_rows() -> pl.DataFrame:
    amounts = dict.fromkeys(("principal", "interest", "balance_after"), pl.Int128)
    return pl.DataFrame(schema={"_loan": pl.UInt32, "_k": pl.Int64, **amounts})
