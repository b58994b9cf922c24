"""Compares a stored rate with the stored interest: which method and base fit, how well, and whether the claim does.

Put here what rate and interest say about each other. How a delivered schedule is explained stands in
`explanations.py`. Rules: domain section 4 ("derive it by fitting the stored interest per period to P, n and r").
"""

from decimal import Decimal

import polars as pl

from koop_pipeline.opening.loans import rates
from koop_pipeline.opening.loans.annuity import FACTOR_SCALE, with_factor
from koop_pipeline.opening.loans.due_dates import instalment_count
from koop_pipeline.opening.loans.rounding import UNITS
from koop_pipeline.opening.money import RUPIAH, half_up, millionths, rupiah, sen, shown, whole

INFERRED = [
    "cooperative_id", "loan_no", "method", "rate_basis", "annual_rate", "deviation", "methods", "bases", "tie",
    "claim", "explanation",
]  # fmt: skip
METHODS = ("flat", "declining", "annuity", "bullet")


def infer(loans: pl.DataFrame) -> pl.DataFrame:
    """What stored rate and stored interest say about method, base and nominal rate: one row a loan, in the order of
    `loans` (the contract's columns); columns `INFERRED`.

    Every method is crossed with every base; the first interest, the interest in all and the first principal are
    compared with those stored. `deviation` (rupiah an instalment) is the largest difference. A combination fits if that
    is within the rounding unit (stated, else the coarsest usual one that the stored interest shows) and within a tenth
    of the interest; where one fits to the rupiah, only such do. `methods` and `bases` name all that fit; `tie`: several
    bases do. The interest of one instalment alone cannot tell the methods apart, for their first is alike. method,
    rate_basis and annual_rate (percent a year) are the claimed ones where these fit, else the nearest, flat first;
    annual_rate is null where several fit at different rates, all three are where none fits. `claim` compares with the
    loan's own interest_method, source_rate_basis and annual_rate: agrees, disagrees, cannot_tell (nothing claimed, or
    nothing to compare with). A bullet is considered where it is claimed or the first principal is 0: its interest is
    that of a flat loan.
    """
    numbered = loans.unique(["cooperative_id", "loan_no"], keep="first", maintain_order=True).with_row_index("_loan")
    return _inferred(numbered).select(INFERRED)


def with_basis(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` with source_rate_basis filled where none is stated and one nominal rate fits what else is stated.

    Two bases that are the same rate (percent a year, and for a whole term of twelve months) are one: the first is
    filled. Where nothing fits, where several rates do, or where the loan claims otherwise, it stays null.
    """
    numbered = loans.with_row_index("_at")
    asking = numbered.filter(pl.col("source_rate").is_not_null() & pl.col("source_rate_basis").is_null())
    if asking.is_empty():
        return loans
    asking = asking.drop("_loan", strict=False).with_row_index("_loan")
    told = _inferred(asking).filter(pl.col("annual_rate").is_not_null() & (pl.col("claim") != "disagrees"))
    found = asking.select("_loan", "_at").join(
        told.select("_loan", "rate_basis"), on="_loan", how="inner"
    ).select("_at", "rate_basis")  # fmt: skip
    frame = numbered.join(found, on="_at", how="left", maintain_order="left")
    return frame.with_columns(source_rate_basis=pl.coalesce("source_rate_basis", "rate_basis")).select(loans.columns)


def _inferred(numbered: pl.DataFrame) -> pl.DataFrame:
    """`_loan` and the columns `INFERRED`, one row a loan of `numbered`."""
    own = _stored(numbered)
    candidates = with_factor(_combinations(own), "_method", "_n")
    annuity = half_up(pl.col("_p") * pl.col("_factor"), whole(FACTOR_SCALE))
    return _compared(own, candidates.with_columns(_a=annuity))


def _stored(loans: pl.DataFrame) -> pl.DataFrame:
    """Loans, counted by `_loan`, with what they store of principal and interest in sen."""
    return loans.with_columns(
        _p=sen("principal"), _n=instalment_count().cast(pl.Int128), _l=sen("instalment_interest"),
        _t=sen("interest_total"), _ip=sen("instalment_principal"), _paced=rates.periods()[0].is_not_null(),
    ).with_columns(_shown=shown_unit(), _stored=pl.coalesce("_l", half_up(pl.col("_t"), pl.col("_n"))))  # fmt: skip


def _compared(loans: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """The columns `INFERRED`, one row a loan of `_stored`, from its `_combinations` with `_a`, the annuity in sen."""
    fitted = _fitted(candidates)
    told = fitted.filter("_fits").group_by("_loan", maintain_order=True).agg(
        tie=pl.col("_base").n_unique() > 1,
        methods=pl.col("_method").unique(maintain_order=True).str.join(", "),
        bases=pl.col("_base").unique(maintain_order=True).str.join(", "),
        _agrees=pl.col("_claimed").any(),
        _one_rate=pl.col("_nominal").n_unique() == 1,
    )  # fmt: skip
    nearest = fitted.filter(pl.col("_order") == 0)
    chosen = nearest.select(
        "_loan", "_method", "_base", "_nominal", "_deviation", "_expected", "_part", "_interest_off", "_fits",
        "_claimed",
    )  # fmt: skip
    frame = loans.join(chosen, on="_loan", how="left", maintain_order="left")
    return _told(frame.join(told, on="_loan", how="left", maintain_order="left"))


def shown_unit() -> pl.Expr:
    """The stated rounding unit in sen, else the coarsest usual one that divides the stored interest."""
    amounts = [pl.col(name).fill_null(0) for name in ("_l", "_t")]
    shown_units = [
        pl.when(pl.all_horizontal(*[amount % (unit * RUPIAH) == 0 for amount in amounts])).then(unit * RUPIAH)
        for unit in sorted(UNITS, reverse=True)
    ]
    stated = pl.when(pl.col("rounding_unit") > 0).then(sen("rounding_unit"))
    return pl.coalesce(stated, *shown_units, RUPIAH).cast(pl.Int128)


def _combinations(loans: pl.DataFrame) -> pl.DataFrame:
    """Loans of `_stored` x base x method (`_base`, `_method`), where rate and interest are stored, with the rate of a
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
    for base in rates.BASES:
        percent = pl.coalesce(stored, yearly) if base == "per_year" else stored
        num, den = rates.fraction(base, millionths(percent))
        frame = usable.with_columns(
            _base=pl.lit(base), _num=num, _den=den, _nominal=rates.nominal(base, millionths(percent))
        )
        by_base.append(frame.filter((pl.col("_num") >= 0) & (pl.col("_den") > 0)))
    methods = pl.DataFrame({"_method": METHODS, "_rank": range(len(METHODS))})
    frame = pl.concat(by_base).join(methods, how="cross")
    bullet = pl.when(pl.col("_ip") == 0).then(pl.col("_n") > 1).otherwise(pl.col("interest_method") == "bullet")
    margin = (pl.col("_method") == "flat") & (pl.col("interest_method") == "margin")
    shaped = pl.when(pl.col("_method") == "bullet").then(bullet).otherwise(~((pl.col("_ip") == 0) & (pl.col("_n") > 1)))
    frame = frame.filter(shaped.fill_null(pl.col("_method") != "bullet"))
    return frame.with_columns(_method=pl.when(margin.fill_null(False)).then(pl.lit("margin")).otherwise("_method"))


def _fitted(frame: pl.DataFrame) -> pl.DataFrame:
    """Combinations with `_expected` interest, `_deviation` (sen an instalment), `_fits`, `_claimed` and `_order`."""
    p, n, num, den = (pl.col(name) for name in ("_p", "_n", "_num", "_den"))
    method, level = pl.col("_method"), pl.col("_a")
    first = half_up(p * num, den)
    falling = pl.when(method == "declining").then(half_up(p * num * (n + 1), den * 2))
    total = falling.when(method == "annuity").then(level * n - p).otherwise(half_up(p * num * n, den))
    repaid = pl.when(method == "annuity").then(level - first).when(method == "bullet").then(whole(0))
    offs = [(pl.col("_l") - first).abs(), half_up((pl.col("_t") - total).abs(), n)]
    off = pl.col("_deviation")
    frame = (
        frame.with_columns(
            _part=repaid.otherwise(half_up(p, n)),
            _interest_off=pl.max_horizontal(*offs),
        )
        .with_columns(
            _expected=pl.when(pl.col("_l").is_not_null()).then(first).otherwise(half_up(total, n)),
            _deviation=pl.max_horizontal("_interest_off", pl.when(n > 1).then((pl.col("_ip") - pl.col("_part")).abs())),
        )
        .with_columns(_sharp=off <= RUPIAH, _coarse=(off <= pl.col("_shown")) & (off * 10 <= pl.col("_stored")))
    )
    sharp = pl.col("_sharp").any().over("_loan")
    same_rate = (pl.col("annual_rate") - pl.col("_nominal")).abs() <= pl.lit(Decimal("0.01"))
    claims = [method == pl.col("interest_method"), pl.col("_base") == pl.col("source_rate_basis"), same_rate]
    base = pl.col("_base").replace_strict(list(rates.BASES), [0, 1, 2], return_dtype=pl.Int32)
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
    rated = pl.any_horizontal(pl.col("source_rate_basis", "annual_rate").is_not_null())
    settled = fits & ((rated & pl.col("_claimed")) | pl.col("_one_rate"))
    frame = frame.with_columns(
        method=pl.when(fits).then("_method"),
        rate_basis=pl.when(fits).then("_base"),
        claim=claim,
        tie=pl.col("tie").fill_null(False),
        _found=pl.when(settled).then("_nominal"),
    )
    return frame.with_columns(
        explanation=_finding(), annual_rate="_found", deviation=rupiah(pl.when(~_untold()).then("_deviation"))
    ).select("_loan", *INFERRED)


def _finding() -> pl.Expr:
    stored = shown(rupiah("_stored"))
    stated = rates.percent_text(pl.coalesce("source_rate", "annual_rate"))
    fitting = pl.format(
        "{} stored and {} of interest an instalment fit {} {}, {} % a year, to {} an instalment{}{}",
        stated, stored, "_method", "_base", rates.percent_text(pl.col("_nominal")), shown(rupiah("_deviation")),
        pl.when("tie").then(pl.format("; the bases {} fit alike", "bases")).otherwise(pl.lit("")),
        pl.when(pl.col("claim") == "disagrees").then(_claimed_text()).otherwise(pl.lit("")),
    )  # fmt: skip
    failing = pl.format(
        "{} stored fits {} of interest an instalment in no way; the nearest, {} {}, would give {}{}",
        stated, stored, "_method", "_base", shown(rupiah("_expected")),
        pl.when(pl.col("claim") == "disagrees").then(_claimed_text()).otherwise(pl.lit("")),
    )  # fmt: skip
    but_principal = pl.format(
        "{} stored and {} of interest an instalment fit {} {}, {} % a year, to {} an instalment, but the stored "
        "principal of {} does not: it would be {}{}",
        stated, stored, "_method", "_base", rates.percent_text(pl.col("_nominal")), shown(rupiah("_interest_off")),
        shown(rupiah("_ip")), shown(rupiah("_part")),
        pl.when(pl.col("claim") == "disagrees").then(_claimed_text()).otherwise(pl.lit("")),
    )  # fmt: skip
    off = pl.col("_interest_off")
    by_interest = (off <= RUPIAH) | ((off <= pl.col("_shown")) & (off * 10 <= pl.col("_stored")))
    lacks = {"principal": "principal", "tenor": "tenor", "_stored": "stored interest"}
    missing = [pl.when(pl.col(name).is_null()).then(pl.lit(word)) for name, word in lacks.items()]
    missing.append(pl.when(pl.coalesce("source_rate", "annual_rate").is_null()).then(pl.lit("stored rate")))
    lacking = pl.concat_str(missing, separator=", ", ignore_nulls=True)
    nothing = pl.format(
        "nothing to compare: not known {}", pl.when(lacking == "").then(pl.lit("frequency")).otherwise(lacking)
    )
    failing = pl.when(by_interest.fill_null(False)).then(but_principal).otherwise(failing)
    return pl.when("_fits").then(fitting).when(_untold()).then(nothing).otherwise(failing)


def _untold() -> pl.Expr:
    """Whether there is nothing to compare, or only the base that needs no frequency, which does not fit."""
    return pl.col("_deviation").is_null() | (~pl.col("_paced") & ~pl.col("_fits").fill_null(False))


def _claimed_text() -> pl.Expr:
    claims = [pl.col(name).fill_null("?") for name in ("interest_method", "source_rate_basis")]
    return pl.format("; the source claims {} {}, {} % a year", *claims, rates.percent_text(rates.annual_rate()))
