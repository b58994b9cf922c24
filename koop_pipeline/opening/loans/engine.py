"""The contractual schedule of a loan, from its terms: flat, declining, annuity, bullet, margin.

Put here how principal and interest of an instalment come about. How they are rounded stands in `rounding.py`; what has
been paid of them belongs to `remaining.py`.

Rules (design section 5, domain section 4): where a loan states no other policy (`rounding.py`), each part is rounded
half-up to the rounding unit and the last principal takes what remains. Interest a period: flat r x P; declining,
annuity and bullet r x the balance before. Annuity: A = P x r / (1 - (1 + r)^-n), principal = A - interest. Margin: a
fixed sum, margin / n each, and the absorbing instalment takes what remains of it, so that principal and margin are paid
in full and no more. A flat loan takes its stored interest, where it has one, before that of its rate: each instalment,
or the sum like a margin. A bullet repays its principal at the end whatever absorbs. An equal total (`level`) is kept
where instalments have one: not in a declining or bullet loan, and not where the unit is so coarse that the principal is
repaid before the absorbing instalment; in a margin it comes before the fixed sum. An annuity whose first instalment
absorbs has the interest of one that is not corrected; only its first principal and the balances differ.
"""

import polars as pl

from koop_pipeline.opening.loans import derive, rates
from koop_pipeline.opening.loans.annuity import FACTOR_SCALE, with_factor
from koop_pipeline.opening.loans.due_dates import due_on, with_calendar
from koop_pipeline.opening.loans.rounding import Policy, by_policy, with_policy
from koop_pipeline.opening.money import half_up, rupiah, sen, whole

FINE = 10**6
COLUMNS = ["cooperative_id", "loan_no", "instalment_no", "due_on", "principal", "interest", "total", "balance_after"]
_AMOUNTS = ["principal", "interest", "balance_after"]


def generate(loans: pl.DataFrame) -> pl.DataFrame:
    """The full schedule of every loan whose terms are known, one row an instalment 1..n, in the order of `loans`.

    `loans` may state a policy in the columns rounding_mode, absorbs and rounds (`rounding.py`). Columns `COLUMNS`,
    rupiah as Decimal(18,2); `balance_after` is the principal that remains after it. A loan without principal, method,
    rate (or interest), tenor or a date to count from gets no rows.
    """
    frame = instalments(loans.with_row_index("_loan"))
    money = [rupiah(name).alias(name) for name in ("principal", "interest", "total", "balance_after")]
    frame = frame.with_columns(total=pl.col("principal") + pl.col("interest")).with_columns(money)
    owners = loans.with_row_index("_loan").select("_loan", "cooperative_id", "loan_no")
    return frame.join(owners, on="_loan", how="left", maintain_order="left").select(COLUMNS)


def instalments(loans: pl.DataFrame) -> pl.DataFrame:
    """As `generate`, for loans numbered by `_loan`: instalment_no, due_on, and amounts in whole sen (Int64)."""
    ready = _ready(with_policy(loans))
    frame = pl.concat([_no_rows(), *[_schedules(group, policy) for policy, group in by_policy(ready)]])
    calendar = ready.select("_loan", "_n", "_first", "_due_day", "_span", "_days", "frequency", "maturity_on")
    frame = frame.sort("_loan", "_k").join(calendar, on="_loan", how="left", maintain_order="left")
    whole_sen = [pl.col(name).cast(pl.Int64) for name in _AMOUNTS]
    dated = frame.with_columns(due_on=due_on(pl.col("_k")))
    return dated.select("_loan", pl.col("_k").cast(pl.Int32).alias("instalment_no"), "due_on", *whole_sen)


def _ready(loans: pl.DataFrame) -> pl.DataFrame:
    """Loans whose terms are complete, with `_p` principal, `_u` unit, `_l` stored level interest, `_m` a fixed sum of
    interest (margin), all in sen.
    """
    frame = with_calendar(rates.with_period_rate(derive.terms(loans)))
    frame = frame.with_columns(_p=sen("principal"), _u=sen("rounding_unit"), _n128=pl.col("_n").cast(pl.Int128))
    by_term = half_up(pl.col("_p") * pl.col("_num") * pl.col("_n128"), pl.col("_den"))
    method, level = pl.col("interest_method"), sen("instalment_interest")
    stored = pl.coalesce(sen("interest_total"), level * pl.col("_n128"))
    margin = pl.when(method == "margin").then(pl.coalesce(stored, by_term))
    spread = pl.when(method == "flat").then(sen("interest_total"))
    frame = frame.with_columns(_l=level, _m=pl.coalesce(margin, spread))
    rated = pl.col("_num").is_not_null() | (method == "flat") & pl.col("_l").is_not_null() | (pl.col("_m") >= 0)
    dated = due_on(pl.lit(1)).is_not_null() & due_on(pl.col("_n")).is_not_null()
    return frame.filter(
        (pl.col("_p") > 0) & method.is_not_null() & rated & dated & ((method != "margin") | (pl.col("_m") >= 0))
    )


def _schedules(loans: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The schedules of loans with one policy: `_loan`, `_k` 1..n and the amounts, in no order."""
    method = pl.col("interest_method")
    stepwise = (method == "annuity") | ((method == "declining") & (policy.rounds == "total"))
    return pl.concat([_closed_form(loans.filter(~stepwise), policy), _stepwise(loans.filter(stepwise), policy)])


def _closed_form(loans: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Every method whose k-th instalment follows from its number alone."""
    frame = loans.with_columns(_each=level_interest(policy)).with_columns(_part=level_principal(policy))
    frame = frame.select(
        "_loan", "_n", "_n128", "_num", "_den", "_p", "_m", "_u", "_each", "_part",
        _bullet=pl.col("interest_method") == "bullet",
        _on_balance=pl.col("interest_method").is_in(["declining", "bullet"]),
        _whole=pl.col("_p") >= (pl.col("_n128") - 1) * pl.col("_part"),
        _k=pl.int_ranges(1, pl.col("_n") + 1),
    ).explode("_k")  # fmt: skip
    frame = frame.with_columns(
        _before=_left("_p", "_part", policy, pl.col("_k") - 1),
        balance_after=_left("_p", "_part", policy, pl.col("_k")),
        _fixed=_left("_m", "_each", policy, pl.col("_k") - 1) - _left("_m", "_each", policy, pl.col("_k")),
    )
    frame = frame.with_columns(principal=pl.col("_before") - pl.col("balance_after"))
    before = pl.col("_before").clip(0)
    on_balance = policy.quotient(before * pl.col("_num"), pl.col("_den"), pl.col("_u"))
    level = pl.coalesce("_fixed", "_each")
    if policy.rounds == "level" and policy.absorbs != "none":
        absorbing = pl.col("_k") == (1 if policy.absorbs == "first" else pl.col("_n"))
        equal = (pl.col("_part") + pl.col("_each") - pl.col("principal")).clip(0)
        kept = pl.when(absorbing).then(equal).otherwise("_each")
        level = pl.when("_whole").then(kept).otherwise(level)
    return frame.select(
        "_loan", "_k", "principal", pl.when("_on_balance").then(on_balance).otherwise(level).alias("interest"),
        "balance_after",
    )  # fmt: skip


def level_interest(policy: Policy) -> pl.Expr:
    """The interest of an ordinary instalment of a flat loan or a margin, rounded; stored interest stays as it is.

    For frames with what `instalments` works on: `_p` principal, `_u` unit, `_m` margin, `_l` stored interest (sen),
    `_num`/`_den` rate of a period, `_n128` instalments.
    """
    over = pl.when(pl.col("_m").is_not_null()).then("_m").otherwise(pl.col("_p") * pl.col("_num"))
    under = pl.when(pl.col("_m").is_not_null()).then("_n128").otherwise("_den")
    rounded = policy.fine(over, under) if policy.rounds == "total" else policy.quotient(over, under, pl.col("_u"))
    stored = pl.when(pl.col("interest_method") != "margin").then("_l")
    return pl.coalesce(stored, rounded, "_l")


def level_principal(policy: Policy) -> pl.Expr:
    """The principal of an ordinary instalment: P / n rounded, or what a rounded total leaves beside its interest.

    For the frames of `level_interest`, with interest_method and `_each`, that interest.
    """
    n = pl.col("_n128")
    by_part = policy.quotient(pl.col("_p"), n, pl.col("_u"))
    if policy.rounds == "total":
        exact = pl.when(pl.col("_m").is_not_null()).then("_m").otherwise(pl.col("_p") * pl.col("_num") * n)
        under = pl.when(pl.col("_m").is_not_null()).then(whole(1)).otherwise("_den")
        of_rate = policy.quotient(pl.col("_p") * under + exact, n * under, pl.col("_u"))
        of_stored = policy.quotient(pl.col("_p") + pl.col("_l") * n, n, pl.col("_u"))
        by_part = pl.coalesce(of_rate, of_stored) - pl.col("_each")
    return pl.when(pl.col("interest_method") == "bullet").then(whole(0)).otherwise(by_part.clip(0))


def _left(amount: str, part: str, policy: Policy, paid: pl.Expr) -> pl.Expr:
    """What is left of `amount`, repaid in equal parts, after `paid` (0..n) of the n instalments."""
    full, count = pl.col(amount), paid.cast(pl.Int128)
    at_end = pl.when(paid >= pl.col("_n")).then(whole(0))
    if policy.absorbs == "none":
        left = full - count * pl.col(part)
    elif policy.absorbs == "first":
        rest = pl.min_horizontal(full, (pl.col("_n128") - count) * pl.col(part))
        left = pl.when(paid == 0).then(full).otherwise(rest)
    else:
        left = at_end.otherwise((full - count * pl.col(part)).clip(0))
    return pl.when("_bullet").then(at_end.otherwise(full)).otherwise(left) if amount == "_p" else left


def _stepwise(loans: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Schedules in which each instalment needs the balance before: one pass for each instalment number over all loans
    that still have one.
    """
    level = policy.quotient(pl.col("_p") * pl.col("_factor"), whole(FACTOR_SCALE), pl.col("_u"))
    state = with_factor(loans, "interest_method", "_n").select(
        "_loan", "_n", "_n128", "_num", "_den", "_u", "_p", before=pl.col("_p"),
        _a=pl.when(pl.col("interest_method") == "annuity").then(level),
        _exact=half_up(pl.col("_p") * pl.col("_factor"), whole(FACTOR_SCALE // FINE)),
    )  # fmt: skip
    passes = [_no_rows().with_columns(_a=pl.lit(None, dtype=pl.Int128), _n=pl.lit(None, dtype=pl.Int64))]
    for k in range(1, (loans["_n"].max() or 0) + 1):  # type: ignore[operator,arg-type]
        state = _one_pass(state.filter(pl.col("_n") >= k), policy, k)
        passes.append(state.select("_loan", "_k", *_AMOUNTS, "_a", "_n"))
        state = state.with_columns(before=pl.col("balance_after"))
    frame = _first_absorbs(pl.concat(passes)) if policy.absorbs == "first" else pl.concat(passes)
    if policy.rounds == "level" and policy.absorbs != "none":
        absorbing = pl.col("_k") == (1 if policy.absorbs == "first" else pl.col("_n"))
        equal = (pl.col("_a") - pl.col("principal")).clip(0)
        frame = frame.with_columns(interest=pl.when(absorbing).then(equal).otherwise("interest"))
    return frame.select("_loan", "_k", *_AMOUNTS)


def apart_principal(policy: Policy, over: pl.Expr) -> pl.Expr:
    """The share of an annuity that repays, rounded by itself: `_exact` (the annuity, sen / `FINE`) less the interest
    `over` / `_den`.
    """
    share = pl.col("_exact") - half_up(over * FINE, pl.col("_den"))
    return policy.quotient(share, whole(FINE), pl.col("_u"))


def _one_pass(state: pl.DataFrame, policy: Policy, k: int) -> pl.DataFrame:
    before = pl.col("before")
    over = before.clip(0) * pl.col("_num")
    if policy.rounds == "total":
        interest = policy.fine(over, pl.col("_den"))
        declining = policy.quotient(
            pl.col("_p") * pl.col("_den") + over * pl.col("_n128"), pl.col("_den") * pl.col("_n128"), pl.col("_u")
        )
        total = pl.coalesce("_a", declining)
    else:
        interest, total = policy.quotient(over, pl.col("_den"), pl.col("_u")), pl.col("_a")
    state = state.with_columns(_k=pl.lit(k, dtype=pl.Int64), interest=interest, _total=total)
    repaid = (pl.col("_total") - pl.col("interest")).clip(0)
    if policy.rounds == "apart":
        repaid = apart_principal(policy, over).clip(0)
    if policy.absorbs == "last":
        repaid = pl.when(pl.col("_n") == k).then(before).otherwise(pl.min_horizontal(repaid, before))
    return state.with_columns(principal=repaid).with_columns(balance_after=before - pl.col("principal"))


def _first_absorbs(frame: pl.DataFrame) -> pl.DataFrame:
    """Schedules that repay too little or too much, with the difference in the first principal; where that would be
    negative, the rest of it in the last.
    """
    last, first = pl.col("_k") == pl.col("_n"), pl.col("_k") == 1
    ends = pl.col("balance_after").filter(last).first().over("_loan")
    moved = pl.max_horizontal(ends, whole(0) - pl.col("principal").filter(first).first().over("_loan"))
    frame = frame.with_columns(_ends=ends, _moved=moved)
    rest = pl.when(last).then(pl.col("_ends") - pl.col("_moved")).otherwise(whole(0))
    return frame.with_columns(
        principal=pl.col("principal") + pl.when(first).then("_moved").otherwise(whole(0)) + rest,
        balance_after=pl.when(last).then(whole(0)).otherwise(pl.col("balance_after") - pl.col("_moved")),
    )


def _no_rows() -> pl.DataFrame:
    return pl.DataFrame(schema={"_loan": pl.UInt32, "_k": pl.Int64, **dict.fromkeys(_AMOUNTS, pl.Int128)})
