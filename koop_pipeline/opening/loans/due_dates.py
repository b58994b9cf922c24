"""When instalments fall due: the first date, the dates after it, and the day of the month that is kept.

Put here the calendar of a loan. Amounts belong to `engine.py`.

Rules (design section 5, domain section 4):
- The day of the month is that of the disbursement if the first due date is that day clamped to its month, else that of
  the first due date: disbursed 31 January, first due 28 February, next 31 March.
- Without a first due date the first instalment is due one period after the disbursement; without a disbursement it is
  counted back from the maturity.
- Seasonal (musiman, paid at harvest): one instalment (also where the tenor is not stated) is due on `first_due_on` if
  that is stated, else at maturity. Several are spread over whole months from the first due date to the maturity, the
  last at maturity; without a maturity the gap from disbursement to first due date repeats; without a first due date the
  months from disbursement to maturity are shared evenly. Nothing is guessed: what cannot be told stays null.
"""

import polars as pl

PERIOD_MONTHS = {"monthly": 1, "yearly": 12}
PERIOD_DAYS = {"daily": 1, "weekly": 7}
MAX_TENOR = 3_660


def add_months(day: pl.Expr, months: pl.Expr, day_of_month: pl.Expr | None = None) -> pl.Expr:
    """`day` moved by whole months, on `day_of_month` (default its own), clamped to the end of the month."""
    index = day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64) - 1 + months.cast(pl.Int64)
    year, month = index // 12, index % 12 + 1
    wanted = (day.dt.day() if day_of_month is None else day_of_month).cast(pl.Int64)
    return pl.date(year, month, pl.min_horizontal(wanted, _month_length(year, month)))


def _month_length(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    february = pl.when(leap).then(29).otherwise(28)
    return pl.when(month == 2).then(february).when(month.is_in([4, 6, 9, 11])).then(30).otherwise(31).cast(pl.Int64)


def months_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Calendar months from `start` to `end`, days of the month not looked at; Int64."""
    return (end.dt.year().cast(pl.Int64) - start.dt.year()) * 12 + end.dt.month().cast(pl.Int64) - start.dt.month()


def due_day(first_due: pl.Expr, disbursed: pl.Expr) -> pl.Expr:
    """The day of the month that every due date keeps (1..31)."""
    length = _month_length(first_due.dt.year().cast(pl.Int64), first_due.dt.month().cast(pl.Int64))
    clamped = pl.min_horizontal(disbursed.dt.day().cast(pl.Int64), length) == first_due.dt.day()
    return pl.when(clamped).then(disbursed.dt.day()).otherwise(first_due.dt.day()).cast(pl.Int64)


def instalment_count() -> pl.Expr:
    """Number of instalments: the tenor; 1 for a seasonal loan without one; null unless 1..`MAX_TENOR`."""
    count = pl.when(pl.col("frequency") == "seasonal").then(pl.col("tenor").fill_null(1)).otherwise(pl.col("tenor"))
    return pl.when(count.is_between(1, MAX_TENOR)).then(count).cast(pl.Int64)


def _period(values: dict[str, int]) -> pl.Expr:
    return pl.col("frequency").replace_strict(values, default=None, return_dtype=pl.Int64)


def first_due_on() -> pl.Expr:
    """The first due date of a loan: the stated one, else by the rules above; null where it cannot be told."""
    months, days, n = _period(PERIOD_MONTHS), _period(PERIOD_DAYS), instalment_count()
    start, end = pl.col("disbursed_on"), pl.col("maturity_on")
    shared = months_between(start, end) // n
    seasonal = pl.when(n == 1).then(end).when(shared >= 1).then(add_months(start, shared))
    by_month = pl.coalesce(add_months(start, months), add_months(end, -months * (n - 1)))
    by_day = pl.coalesce(start + pl.duration(days=days), end - pl.duration(days=days * (n - 1)))
    derived = pl.when(pl.col("frequency") == "seasonal").then(seasonal).otherwise(pl.coalesce(by_month, by_day))
    return pl.coalesce("first_due_on", derived)


def _seasonal_span(first: pl.Expr) -> pl.Expr:
    n = instalment_count()
    to_maturity = months_between(first, pl.col("maturity_on"))
    repeated = months_between(pl.col("disbursed_on"), first) * (n - 1)
    span = pl.when(pl.col("maturity_on").is_null()).then(repeated).otherwise(to_maturity)
    return pl.when(n == 1).then(0).when(span >= n - 1).then(span)


def with_calendar(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` and what `due_on` needs: `_n`, `_first`, `_due_day`, `_span` (months, first to last), `_days` (step)."""
    first = pl.col("_first")
    span = _period(PERIOD_MONTHS) * (pl.col("_n") - 1)
    return loans.with_columns(_n=instalment_count(), _first=first_due_on()).with_columns(
        _due_day=due_day(first, pl.col("disbursed_on")).fill_null(first.dt.day()),
        _days=_period(PERIOD_DAYS),
        _span=pl.when(pl.col("frequency") == "seasonal").then(_seasonal_span(first)).otherwise(span),
    )


def due_on(number: pl.Expr) -> pl.Expr:
    """The due date of instalment `number` (1..n) on a frame of `with_calendar`; null where it cannot be told."""
    steps = (number - 1).cast(pl.Int64)
    by_day = pl.col("_first") + pl.duration(days=pl.col("_days") * steps)
    offset = pl.col("_span") * steps // pl.max_horizontal(pl.col("_n") - 1, 1)
    by_month = add_months(pl.col("_first"), offset, pl.col("_due_day"))
    at_maturity = (
        (pl.col("frequency") == "seasonal")
        & (number == pl.col("_n"))
        & (pl.col("_n") > 1)
        & pl.col("maturity_on").is_not_null()
    )
    known = at_maturity & pl.col("_span").is_not_null()
    spread = pl.when(pl.col("_days").is_not_null()).then(by_day).otherwise(by_month)
    return pl.when(known).then("maturity_on").otherwise(spread)
