"""Annuities against numpy-financial, in decimals: payments, balances, sums and the last instalment of random loans."""

from datetime import date
from decimal import Decimal, localcontext

import numpy_financial as npf
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.engine import generate


def annuity(principal: int, yearly: Decimal, n: int, mode: str) -> list[tuple[Decimal, Decimal, Decimal, Decimal]]:
    """(principal, interest, total, balance after) of each instalment."""
    loan = {
        "cooperative_id": "KSP-A", "loan_no": "1", "disbursed_on": date(2026, 1, 15), "frequency": "monthly",
        "interest_method": "annuity", "annual_rate": yearly, "tenor": n, "principal": Decimal(principal),
    }  # fmt: skip
    loans = frame("loans", [loan]).with_columns(rounding_mode=pl.lit(mode))
    return generate(loans).select("principal", "interest", "total", "balance_after").rows()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(100_000, 500_000_000), st.integers(1, 4_800), st.integers(2, 60), st.sampled_from(["nearest", "none"])
)
def test_annuities_agree_with_numpy_financial(principal: int, hundredths: int, n: int, mode: str) -> None:
    yearly = Decimal(hundredths) / 100
    got = annuity(principal, yearly, n, mode)
    with localcontext() as context:
        context.prec = 50
        rate, step = yearly / 1200, Decimal(1) if mode == "nearest" else Decimal("0.01")
        payment = -npf.pmt(rate, n, Decimal(principal))
        # each instalment rounds payment and interest by half a step at most, and that error bears interest
        drift = [step * ((1 + rate) ** k - 1) / rate for k in range(1, n + 1)]
        balances = [-npf.fv(rate, k, -payment, Decimal(principal)) for k in range(1, n)]
        assert all(abs(row[2] - payment) <= step / 2 for row in got[:-1])
        assert all(abs(row[3] - due) <= off for row, due, off in zip(got[:-1], balances, drift[:-1], strict=True))
        assert abs(got[-1][2] - payment) <= drift[-1] + step
        assert abs(sum(row[1] for row in got) - (payment * n - principal)) <= drift[-1] + n * step
    assert sum(row[0] for row in got) == principal
    assert got[-1][3] == 0


@pytest.mark.parametrize(
    ("principal", "yearly", "n", "payment"),
    [(10_000_000, "12", 24, "470734.72"), (25_000_000, "18", 36, "903809.89"), (1_000_000, "9", 12, "87451.48")],
)
def test_payments_of_numpy_financial(principal: int, yearly: str, n: int, payment: str) -> None:
    assert annuity(principal, Decimal(yearly), n, "none")[0][2] == Decimal(payment)
