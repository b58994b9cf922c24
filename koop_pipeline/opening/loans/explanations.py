"""Explains a delivered schedule: the method, rate base and rounding that reproduce it, or none.

Put here what is read off what the source delivers; it explains and never changes it (the delivered schedule is the
contract). How a stored rate is compared with the stored interest stands in `rate_fits.py`.

How a schedule is explained: every rate that the loan states (each base), then every rate that its interest implies, is
crossed with the methods that the shape of the schedule admits and with all rounding policies. For each candidate a
bound is taken from the first, the last and the ordinary instalments; the engine generates the nearest, and each
instalment is compared. Of several that reproduce a schedule the claimed method is named, the stated rate, the policy
that explains most loans of the cooperative, rounding to Rp 1, then the coarsest unit, up before nearest before down.
A lender has habits: that search is made for `SAMPLE` loans of each kind (cooperative, product, claimed method and
base), spread over all of them; on the others the `HABITS` ways that explain most of the sample are tried first, and
only what they do not reproduce to the rupiah is searched in full.
"""

from itertools import product

import polars as pl

from koop_pipeline.opening.frames import schema
from koop_pipeline.opening.loans import derive, engine, rates
from koop_pipeline.opening.loans.annuity import with_factor
from koop_pipeline.opening.loans.bounds import ROUNDINGS, bounds
from koop_pipeline.opening.loans.due_dates import MAX_TENOR
from koop_pipeline.opening.loans.rounding import COLUMNS as POLICY
from koop_pipeline.opening.loans.rounding import UNITS
from koop_pipeline.opening.money import MONEY, RATE, RUPIAH, half_up, rate, rupiah, sen, shown, whole

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "cooperative_id": pl.String, "loan_no": pl.String, "method": pl.String, "rate_basis": pl.String,
    "annual_rate": RATE, "rounding_unit": MONEY, "rounding_mode": pl.String, "absorbs": pl.String,
    "rounds": pl.String, "exact": pl.Boolean, "largest_deviation": MONEY, "alike": pl.Int64,
    "explanation": pl.String,
}  # fmt: skip
COLUMNS = list(SCHEMA)
NEAR = 1_000 * RUPIAH
KEPT = {"flat": 4, "margin": 4, "bullet": 1, "declining": 80, "annuity": 80}
AS_IT_IS = 9
SAMPLE, HABITS = 6, 2
KIND = ("cooperative_id", "product_code", "interest_method", "source_rate_basis")
METHODS = ("flat", "declining", "annuity", "bullet")
_KEY = ["_loan", "interest_method", "_rate"]


def explain(loans: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    """One row for each loan with delivered instalments that tell interest or totals, in the order of `loans`: columns
    `COLUMNS`. Principals alone tell no method and no rate.

    Both frames have the contract's columns. `method` is flat, declining, annuity, bullet, margin, or `irregular` where
    the nearest is further away than Rp 1,000 or a tenth of an instalment; null where the terms do not suffice.
    `rate_basis` is null where the rate is not a stored one but implied by the interest. `annual_rate`: percent a year,
    nominal. `largest_deviation`: rupiah, the largest of any part of an instalment from the nearest candidate; `exact`:
    there is none. `alike`: how many others of those that were tried are exact too. The explanation holds amounts, no
    persons.
    """
    numbered = loans.unique(["cooperative_id", "loan_no"], keep="first", maintain_order=True).with_row_index("_loan")
    delivered = _delivered(numbered, instalments)
    if delivered.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    terms = _terms(numbered, delivered)
    return _worded(terms, _best(_searched(terms, delivered), terms))


def _searched(terms: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """What was tried on each loan: all ways on a sample of each kind, on the others its habits first."""
    known = terms.with_columns(
        _kind=pl.concat_str([pl.col(name).fill_null("") for name in KIND], separator="|")
        + pl.col("source_rate").is_null().cast(pl.String)
    )
    place, size = pl.int_range(pl.len()).over("_kind"), pl.len().over("_kind")
    sampled = (place * SAMPLE) % size < SAMPLE
    sample, others = known.filter(sampled), known.filter(~sampled)
    tried = [_all_ways(sample, delivered)]
    habits = _habits(_best(tried[0], sample), sample)
    for number in range(HABITS):
        if others.is_empty():
            break
        tried.append(_by_habit(others, habits.filter(pl.col("_place") == number), delivered))
        others = others.join(_exact(tried[-1]), on="_loan", how="anti")
    return pl.concat([*tried, _all_ways(others, delivered)] if others.height else tried)


def _all_ways(terms: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """Every rate that is stated, and where none of these reproduces a schedule every rate that is implied."""
    own = delivered.join(terms.select("_loan"), on="_loan", how="semi")
    tried = _nearest(_stated(terms), own)
    rest = terms.join(_exact(tried), on="_loan", how="anti")
    return pl.concat([tried, _nearest(_implied(rest), own)]) if rest.height else tried


def _exact(tried: pl.DataFrame) -> pl.DataFrame:
    return tried.filter(pl.col("_deviation") == 0).select("_loan").unique()


def _habits(best: pl.DataFrame, sample: pl.DataFrame) -> pl.DataFrame:
    """The ways (method, rate, rounding) that explain most of each kind's sample, `_place` 0 the commonest."""
    way = ["_kind", "interest_method", "_rate", "_rounding"]
    exact = best.filter(pl.col("_deviation") == 0).join(sample.select("_loan", "_kind"), on="_loan")
    counted = exact.group_by(way).len().sort("_kind", "len", *way[1:], descending=[False, True, False, False, False])
    return counted.with_columns(_place=pl.int_range(pl.len()).over("_kind")).drop("len")


def _by_habit(terms: pl.DataFrame, habits: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """The one way of each loan's kind, tried on it."""
    way = ["_kind", "interest_method", "_rate"]
    candidates = [made(terms.join(habits, on="_kind", how="semi"), habits) for made in (_stated, _implied)]
    chosen = pl.concat(candidates, how="diagonal").join(habits.select(*way, "_rounding"), on=way)
    policies = pl.DataFrame(
        [(item.unit, *item.policy) for item in ROUNDINGS], schema=["rounding_unit", *POLICY], orient="row"
    ).with_columns(pl.col("rounding_unit").cast(MONEY), _rounding=pl.int_range(pl.len(), dtype=pl.Int32))
    own = delivered.join(terms.select("_loan"), on="_loan", how="semi")
    return _measured(chosen.drop("rounding_unit").join(policies, on="_rounding", how="left"), own)


def _delivered(loans: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    numbers = loans.select("_loan", "cooperative_id", "loan_no")
    own = instalments.join(numbers, on=["cooperative_id", "loan_no"], how="inner", maintain_order="left")
    amounts = [sen(name).alias(name) for name in ("principal", "interest", "total")]
    frame = derive.instalments(own).select("_loan", pl.col("instalment_no").cast(pl.Int64), "due_on", *amounts)
    frame = frame.filter(pl.any_horizontal(pl.col("interest", "total").is_not_null()).any().over("_loan"))
    return frame.drop_nulls("instalment_no").unique(["_loan", "instalment_no"], keep="first", maintain_order=True)


def _terms(loans: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """Loans with a delivered schedule: terms it tells filled in, and `_`-columns of its first, last and other rows."""
    number = pl.col("instalment_no")
    spans = delivered.group_by("_loan").agg(_max=number.max(), _whole=(number.min() == 1) & (number.max() == pl.len()))
    counted = loans.join(spans, on="_loan", how="inner", maintain_order="left").with_columns(
        tenor=pl.when("_whole").then("_max").otherwise(pl.coalesce("tenor", "_max")).cast(pl.Int32)
    )
    rows = delivered.join(counted.select("_loan", "tenor"), on="_loan", how="inner")
    first, last = number == 1, number == pl.col("tenor")
    names = {"principal": "p", "interest": "i", "total": "t"}
    ends = [pl.col(name).filter(first).first().alias(f"_{short}_first") for name, short in names.items()]
    ends += [pl.col(name).filter(last).first().alias(f"_{short}_last") for name, short in names.items()]
    lows = [pl.col(name).filter(~first & ~last).min().alias(f"_{short}_low") for name, short in names.items()]
    highs = [pl.col(name).filter(~first & ~last).max().alias(f"_{short}_high") for name, short in names.items()]
    dates = [pl.col("due_on").min().alias("_from"), pl.col("due_on").max().alias("_to")]
    seen = rows.group_by("_loan").agg(
        *ends,
        *lows,
        *highs,
        *dates,
        _sum=pl.col("principal").sum(),
        _interest=pl.when(pl.col("interest").is_not_null().all()).then(pl.col("interest").sum()),
        _size=pl.col("total").max(),
        _grain=_grain(pl.col("total").filter(~first & ~last)),
        _rows=pl.len(),
    )
    frame = counted.join(seen, on="_loan", how="left", maintain_order="left")
    gap = (pl.col("_to") - pl.col("_from")).dt.total_days() // pl.max_horizontal(pl.col("_rows") - 1, 1)
    told = pl.when(gap == 1).then(pl.lit("daily")).when(gap == 7).then(pl.lit("weekly"))
    told = told.when(gap.is_between(28, 31)).then(pl.lit("monthly")).when(gap >= 360).then(pl.lit("yearly"))
    frame = frame.with_columns(
        principal=pl.coalesce("principal", pl.when("_whole").then(rupiah("_sum"))),
        frequency=pl.coalesce("frequency", pl.when(pl.col("_rows") > 1).then(told)),
        first_due_on=pl.coalesce("first_due_on", "_from"),
        maturity_on=pl.coalesce("maturity_on", "_to"),
    )
    one = rates.with_period_rate(frame.with_columns(annual_rate=pl.lit(1).cast(RATE), source_rate=pl.lit(None, RATE)))
    return frame.with_columns(one["_num"].alias("_one_num"), one["_den"].alias("_one_den"))


def _grain(amounts: pl.Expr) -> pl.Expr:
    """The coarsest usual unit (sen) that divides all amounts of a group; 1 where none does."""
    fits = [pl.when((amounts % (unit * RUPIAH) == 0).all()).then(unit * RUPIAH) for unit in sorted(UNITS, reverse=True)]
    return pl.coalesce(*fits, 1)


def _stated(terms: pl.DataFrame, only: pl.DataFrame | None = None) -> pl.DataFrame:
    """Candidates with the rates that the loan states: the claimed base, the other bases, percent a year."""
    plain = terms.with_columns(
        instalment_interest=pl.lit(None, dtype=MONEY),
        interest_total=pl.when(pl.col("interest_method") == "margin").then("interest_total"),
        _claimed=pl.col("source_rate_basis"),
    )
    yearly = pl.lit(None, dtype=RATE).alias("annual_rate")
    by_base = [
        plain.filter(pl.col("source_rate").is_not_null()).with_columns(
            yearly, source_rate_basis=pl.lit(base), _rate=pl.when(pl.col("_claimed") == base).then(0).otherwise(order)
        )
        for order, base in enumerate(rates.BASES, start=1)
    ]
    per_year = plain.filter(pl.col("annual_rate").is_not_null()).with_columns(
        source_rate=pl.lit(None, dtype=RATE), source_rate_basis=pl.lit("per_year"), _rate=pl.lit(4, dtype=pl.Int32)
    )
    return _candidates(pl.concat([*by_base, per_year]).drop("_claimed"), only)


def _implied(terms: pl.DataFrame, only: pl.DataFrame | None = None) -> pl.DataFrame:
    """Candidates with the rates that the first or the ordinary interest implies: percent a month and a year to two
    decimals, and the level interest as it is.
    """
    level = pl.coalesce("_i_low", "_i_first", "_i_last")
    bare = terms.with_columns(
        source_rate=pl.lit(None, dtype=RATE), source_rate_basis=pl.lit(None, dtype=pl.String),
        instalment_interest=pl.lit(None, dtype=MONEY), interest_total=pl.lit(None, dtype=MONEY),
    )  # fmt: skip
    sought = pl.coalesce("_i_first", level)
    kinds = []
    for order, (interest, a_year) in enumerate(product((sought, level), (12, 1)), start=5):
        hundredths = (
            half_up(interest * pl.col("_one_den") * 100, sen("principal") * pl.col("_one_num") * a_year) * a_year
        )
        percent = rate(hundredths * 10_000)
        kinds.append(bare.with_columns(annual_rate=percent, _rate=pl.lit(order, dtype=pl.Int32)))
    in_all = pl.when((pl.col("interest_method") == "margin") & pl.col("_whole")).then(rupiah("_interest"))
    as_it_is = bare.with_columns(
        annual_rate=pl.lit(None, dtype=RATE), instalment_interest=rupiah(level), interest_total=in_all,
        _rate=pl.lit(AS_IT_IS, dtype=pl.Int32),
    )  # fmt: skip
    return _candidates(pl.concat([*kinds, as_it_is]), only)


def _candidates(rated: pl.DataFrame, only: pl.DataFrame | None) -> pl.DataFrame:
    """Loan x rate x method, as far as the shape of the schedule, its first interest and `only` admit them."""
    if only is not None:
        rated = rated.join(only, on=["_kind", "_rate"], how="semi")
    margin = pl.col("interest_method") == "margin"
    methods = pl.DataFrame({"_method": METHODS})
    frame = rated.with_columns(_margin=margin.fill_null(False)).join(methods, how="cross")
    kind, short = pl.col("_method"), pl.col("tenor") <= 3
    bullet = (pl.coalesce("_p_high", "_p_first") == 0) & (pl.col("_p_first").fill_null(0) == 0)
    bullet = (bullet & (pl.col("tenor") > 1)).fill_null(False)
    spread = pl.col("_i_high") - pl.col("_i_low")
    level = spread * 10 <= pl.col("_i_high")
    shaped = pl.when(kind == "flat").then(level | short).otherwise((spread > 0) | short)
    admitted = pl.when(kind == "bullet").then(bullet).when(bullet).then(False).otherwise(shaped)
    frame = frame.filter(admitted.fill_null(True))
    named = pl.when((kind == "flat") & pl.col("_margin")).then(pl.lit("margin")).otherwise(kind)
    frame = frame.with_columns(interest_method=named)
    frame = rates.with_period_rate(frame).with_columns(_p=sen("principal"), _n128=pl.col("tenor").cast(pl.Int128))
    whole_term = half_up(pl.col("_p") * pl.col("_num") * pl.col("_n128"), pl.col("_den"))
    frame = frame.with_columns(
        _l=sen("instalment_interest"),
        _m=pl.when(named == "margin").then(
            pl.coalesce(sen("interest_total"), sen("instalment_interest") * pl.col("_n128"), whole_term)
        ),
    )
    near = pl.coalesce(pl.when(named == "flat").then("_i_low"), "_i_first", "_i_low")
    off = (half_up(pl.col("_p") * pl.col("_num"), pl.col("_den")) - near).abs().fill_null(0)
    told = pl.col("_num").is_not_null() | ((named == "flat") & pl.col("_l").is_not_null()) | (pl.col("_m") >= 0)
    told = told & (pl.col("_p") > 0) & pl.col("tenor").is_between(1, MAX_TENOR)
    frame = frame.filter(told & ((off <= NEAR) | named.is_in(["margin", "annuity"])))
    same = ["_loan", "interest_method", "_num", "_den", "_l", "_m"]
    unique = frame.sort("_loan", "_rate").unique(same, keep="first", maintain_order=True)
    return with_factor(unique, "interest_method", "tenor")


def _nearest(candidates: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """The candidates nearest by their bound, with `_rounding` (its number) and `_deviation`, exact, in sen."""
    if candidates.is_empty():
        return _measured(_rounded(candidates, 0), delivered)
    bound = bounds(candidates)
    measured = candidates.with_columns(_bound=bound.min_horizontal())
    least = measured["_bound"] == measured.select(pl.col("_bound").min().over("_loan"))["_bound"]
    near = {number: (least & (bound[str(number)] == measured["_bound"])).arg_true() for number in range(len(ROUNDINGS))}
    picked = [_rounded(measured[rows], number) for number, rows in near.items() if len(rows)]
    chosen = pl.concat(picked or [_rounded(measured.clear(), 0)]).sort(*_KEY, "_rounding")
    most = pl.col("interest_method").replace_strict(KEPT, return_dtype=pl.Int64)
    return _measured(chosen.filter(pl.int_range(pl.len()).over(_KEY) < most), delivered)


def _rounded(candidates: pl.DataFrame, number: int) -> pl.DataFrame:
    """Candidates with one of `ROUNDINGS`."""
    unit, policy = ROUNDINGS[number]
    return candidates.with_columns(
        _rounding=pl.lit(number, dtype=pl.Int32), rounding_unit=pl.lit(unit).cast(MONEY),
        rounding_mode=pl.lit(policy.mode), absorbs=pl.lit(policy.absorbs), rounds=pl.lit(policy.rounds),
    )  # fmt: skip


def _measured(chosen: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """Candidates, each with one rounding, with `_deviation`, the largest difference from the delivered ones, in sen."""
    chosen = chosen.rename({"_loan": "_owner"}).with_row_index("_loan")
    worst = _deviations(chosen, delivered.rename({"_loan": "_owner"}))
    nominal = pl.coalesce(rates.annual_rate(), _implied_rate())
    return chosen.join(worst, on="_loan", how="inner").select(
        pl.col("_owner").alias("_loan"), "interest_method", "_rate", "source_rate_basis", "source_rate",
        nominal.alias("_nominal"), "_rounding", "rounding_unit", *POLICY, "_deviation",
    )  # fmt: skip


def _implied_rate() -> pl.Expr:
    """Percent a year of a level interest that is taken as it is."""
    fixed = pl.coalesce("_l", half_up(pl.col("_m"), pl.col("_n128")))
    return rate(half_up(fixed * pl.col("_one_den") * 1_000_000, pl.col("_p") * pl.col("_one_num")))


def _deviations(candidates: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """`_loan` (of the candidate) and `_deviation`: the largest of any part of any delivered instalment, in sen."""
    made = engine.instalments(candidates.select("_loan", *schema("loans"), *POLICY))
    made = made.select(
        "_loan", pl.col("instalment_no").cast(pl.Int64),
        _principal=pl.col("principal").cast(pl.Int128), _interest=pl.col("interest").cast(pl.Int128),
    )  # fmt: skip
    pairs = candidates.select("_loan", "_owner").join(delivered, on="_owner")
    compared = pairs.join(made, on=["_loan", "instalment_no"], how="left")
    parts = pl.max_horizontal(
        (pl.col("principal") - pl.col("_principal")).abs(), (pl.col("interest") - pl.col("_interest")).abs()
    )
    totals = (pl.col("total") - pl.col("_principal") - pl.col("_interest")).abs()
    off = pl.coalesce(pl.when(pl.col("_principal").is_null()).then("total"), pl.max_horizontal(parts, totals))
    return compared.group_by("_loan").agg(_deviation=off.max()).drop_nulls()


def _best(tried: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """One row a loan: the nearest of what was tried, with `_alike`, the number of others that are exact too."""
    claims = terms.select("_loan", "cooperative_id", _claim=pl.col("interest_method"))
    exact = pl.col("_deviation") == 0
    frame = tried.join(claims, on="_loan", how="left").with_columns(
        _votes=exact.sum().over("cooperative_id", "_rounding").cast(pl.Int64),
        _alike=exact.sum().over("_loan").cast(pl.Int64) - 1,
        _unclaimed=(pl.col("interest_method") != pl.col("_claim")).fill_null(False),
        _order=pl.col("interest_method").replace_strict(list(METHODS), [0, 1, 2, 3], default=0, return_dtype=pl.Int32),
    )
    keys = ["_loan", "_deviation", "_unclaimed", "_order", "_rate", "_votes", "_rounding"]
    ordered = frame.sort(keys, descending=[name == "_votes" for name in keys])
    other = pl.format("{} Rp {} {} {}", "rounding_mode", pl.col("rounding_unit").cast(pl.Int64), "absorbs", "rounds")
    others = ordered.filter(exact).group_by("_loan").agg(_others=other.slice(1, 3).str.join(" or "))
    best = ordered.unique("_loan", keep="first", maintain_order=True).drop("cooperative_id", "_claim")
    return best.join(others, on="_loan", how="left", maintain_order="left")


def _worded(terms: pl.DataFrame, best: pl.DataFrame) -> pl.DataFrame:
    """The columns of `explain`, one row a loan of `terms`."""
    own = terms.select("_loan", "cooperative_id", "loan_no", "tenor", "principal", "frequency", "_size")
    frame = own.join(best, on="_loan", how="left", maintain_order="left")
    off, exact = pl.col("_deviation"), (pl.col("_deviation") == 0).fill_null(False)
    regular = (off <= NEAR) & (off * 10 <= pl.col("_size"))
    told = pl.when(regular)
    return (
        frame.with_columns(_exact=exact, _regular=regular.fill_null(False))
        .select(
            "cooperative_id",
            "loan_no",
            method=told.then("interest_method").when(off.is_not_null()).then(pl.lit("irregular")),
            rate_basis=told.then("source_rate_basis"),
            annual_rate=told.then("_nominal"),
            rounding_unit=told.then(
                pl.when(pl.col("rounding_mode") == "none").then(rupiah(whole(1))).otherwise("rounding_unit")
            ),
            rounding_mode=told.then("rounding_mode"),
            absorbs=told.then("absorbs"),
            rounds=told.then("rounds"),
            exact=exact,
            largest_deviation=rupiah(off),
            alike=pl.when("_exact").then(pl.col("_alike")).otherwise(0),
            explanation=_sentence(),
        )
        .select(COLUMNS)
    )


def _sentence() -> pl.Expr:
    ways = {"nearest": "rounded to the nearest", "up": "rounded up to", "down": "rounded down to"}
    who = {"last": "the last instalment absorbs", "first": "the first instalment absorbs", "none": "none absorbs"}
    what = {
        "parts": "each part",
        "level": "each part, the total kept equal,",
        "total": "the total",
        "apart": "interest and principal each by itself",
    }
    rule = pl.format(
        "{} instalments, {}, {} % a year{}, {} {}, {}",
        "tenor", "interest_method", rates.percent_text(pl.col("_nominal")),
        pl.when(pl.col("source_rate_basis").is_null() | (pl.col("_rate") > 4))
        .then(pl.lit(" (implied by the interest)")).otherwise(pl.format(" (stored {})", pl.col("source_rate_basis"))),
        pl.col("rounds").replace_strict(what, return_dtype=pl.String),
        pl.when(pl.col("rounding_mode") == "none").then(pl.lit("in whole sen")).otherwise(
            pl.format("{} Rp {}", pl.col("rounding_mode").replace_strict(ways, default=None, return_dtype=pl.String),
                      pl.col("rounding_unit").cast(pl.Int64))
        ),
        pl.col("absorbs").replace_strict(who, return_dtype=pl.String),
    )  # fmt: skip
    ties = pl.when(pl.col("_alike") > 0).then(pl.format("; fits alike: {}", "_others"))
    off = shown(rupiah("_deviation"))
    near = pl.format("nearest is {}; an amount deviates by up to {}", rule, off)
    lacking = pl.concat_str(
        [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in ("principal", "frequency", "tenor")],
        separator=", ", ignore_nulls=True,
    )  # fmt: skip
    unknown = pl.format(
        "cannot be explained, not known: {}", pl.when(lacking == "").then(pl.lit("interest")).otherwise(lacking)
    )
    odd = pl.format("irregular: no method and rounding comes nearer than {} in every amount", off)
    exact = pl.format("{}: every amount is reproduced{}", rule, ties.fill_null(""))
    answer = pl.when("_exact").then(exact).when("_regular").then(near)
    return answer.when(pl.col("_deviation").is_not_null()).then(odd).otherwise(unknown)
