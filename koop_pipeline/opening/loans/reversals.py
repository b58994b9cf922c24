"""Which payment a reversal takes back, where it says its total alone.

Put here the pairs and what is said of them. The parts of payments are `repayments.py`.

Policy (ADR 0023). A repayment with a negative total and no parts takes back the latest payment before it, or of the
same day, of the same loan with exactly that total, penalty and fee, that no other reversal took back; with its parts
and on its instalment. One that states neither penalty nor fee takes back the latest one with its total, whatever
penalty and fee that had: it says the cash alone, and those that say more go first. Where there is none its parts stay
unknown.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, whole


def paired(entries: pl.DataFrame) -> pl.DataFrame:
    """`_key`, `_of`: the reversals that take back a payment, and that payment.

    `entries`: `_key`, `_loan`, paid_on, `_row`, total and `_side` (penalty and fee) in sen, penalty, fee, `_asks` (a
    reversal by its total alone). Reversals that say their parts take back a payment too. Like brackets: each reversal
    closes the payment that was opened last.
    """
    bare = pl.all_horizontal(pl.col("penalty", "fee").is_null())
    own = _paired(entries.filter((pl.col("total") > 0) | ~(pl.col("_asks") & bare)))
    rest = entries.filter(~pl.col("_key").is_in(pl.concat([own["_key"], own["_of"]]).implode()))
    cash = _paired(rest.filter((pl.col("total") > 0) | bare).with_columns(_side=whole(0)))
    return pl.concat([own, cash])


def _paired(entries: pl.DataFrame) -> pl.DataFrame:
    known = entries.filter(pl.col("_loan").is_not_null() & pl.col("paid_on").is_not_null() & (pl.col("total") != 0))
    sign = pl.when(pl.col("total") > 0).then(1).otherwise(-1)
    frame = known.select(
        "_key", "_loan", "paid_on", "_row", _sign=sign, _total=pl.col("total") * sign, _beside=pl.col("_side") * sign
    ).sort("paid_on", -pl.col("_sign"), "_row")  # fmt: skip
    alike = ["_loan", "_total", "_beside"]
    frame = frame.with_columns(_open=pl.col("_sign").cum_sum().over(alike))
    frame = frame.with_columns(_low=pl.min_horizontal(pl.col("_open").cum_min().over(alike), 0))
    back = pl.col("_sign") < 0
    without = back & (pl.col("_low") < pl.col("_low").shift(1).over(alike).fill_null(0))
    level = pl.col("_open") - pl.col("_low") + back.cast(pl.Int32)
    levels = frame.with_columns(_level=level).filter(~without)
    return levels.with_columns(_of=pl.col("_key").shift(1).over([*alike, "_level"])).filter(back).select("_key", "_of")


def with_parts(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """`frame` with principal, interest and instalment_no of each reversal in `pairs`: those of its payment, taken back;
    and `_taken_on`, the day of that payment.
    """
    payment = frame.select(
        _of="_key", _taken_on="paid_on", _principal="principal", _interest="interest", _no="instalment_no"
    )
    taken = pairs.join(payment, on="_of", how="inner").drop("_of")
    frame = frame.join(taken, on="_key", how="left", maintain_order="left")
    return frame.with_columns(
        principal=pl.coalesce("principal", whole(0) - pl.col("_principal")),
        interest=pl.coalesce("interest", whole(0) - pl.col("_interest")),
        instalment_no=pl.coalesce("instalment_no", "_no"),
    ).drop("_principal", "_interest", "_no")


def failures(filled: pl.DataFrame) -> list[pl.DataFrame]:
    """`RPY-REV-01`: what a reversal by its total alone takes back, or that it is not known. `filled`: of `fill`."""
    known = pl.col("principal").is_not_null()
    return [
        found(
            filled, pl.col("_asks"), rule="RPY-REV-01", table="loan_repayments", column="total", before=rupiah("total"),
            note=pl.when(known).then(pl.format(
                "takes back the payment of {} of the same amount: Rp {} of principal and Rp {} of interest",
                "_taken_on", rupiah(whole(0) - pl.col("principal")), rupiah(whole(0) - pl.col("interest")),
            )).when(pl.col("_taken_on").is_not_null()).then(pl.format(
                "takes back the payment of {}, whose principal and interest are not known: what the loan owes is not "
                "derived; say its parts", "_taken_on",
            )).otherwise(pl.format(
                "no payment of Rp {} that it could take back was made on this loan before it: its principal and "
                "interest are not known, and what the loan owes is not derived; say its parts",
                rupiah(whole(0) - pl.col("total")),
            )),
        )
    ]  # fmt: skip
