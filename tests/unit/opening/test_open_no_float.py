"""Law 2: no float ever touches money, in any frame that this step gives or makes on the way, nor in its source text."""

import ast
import inspect
import pkgutil
from datetime import date
from decimal import Decimal
from importlib import import_module

import polars as pl
import pytest

import koop_pipeline.opening
from koop_pipeline.opening import money
from koop_pipeline.opening.cutoffs import with_cutoff
from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.ledger import trial_balance as ledger
from koop_pipeline.opening.loans import (
    contract,
    derive,
    engine,
    on_balance,
    outstanding,
    position,
    rates,
    remaining,
    repayments,
)
from koop_pipeline.opening.savings import balances as savings

DAY = date(2026, 6, 30)
LATER = date(2026, 7, 1)


def frames() -> dict[str, pl.DataFrame]:
    """Every frame that the step gives, and those it makes on the way, for one loan of each method."""
    terms = {"principal": Decimal("1000000.50"), "tenor": 5, "annual_rate": Decimal("13.5"), "status": "active"}
    rows = [
        {"cooperative_id": "A", "loan_no": method, "product_code": "P", "disbursed_on": date(2026, 1, 31), **terms,
         "frequency": "monthly", "interest_method": method, "interest_total": Decimal(1000),
         "outstanding_principal": Decimal(70)}
        for method in ("flat", "declining", "annuity", "bullet", "margin")
    ]  # fmt: skip
    loans = frame("loans", rows)
    paid = frame(
        "loan_repayments", [{"cooperative_id": "A", "loan_no": "flat", "paid_on": DAY, "total": Decimal("7.77")}]
    )
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [DAY], "as_of": [LATER]})
    numbered = loans.with_row_index("_loan")
    due = frame("loan_instalments", []).with_columns(_loan=pl.lit(None, dtype=pl.UInt32))
    contracted = contract.contract(numbered.with_columns(_as_stated=True), due)
    filled = repayments.fill(paid.with_columns(_loan=pl.lit(0, dtype=pl.UInt32)), contracted, cutoffs)
    balances = outstanding.balances(with_cutoff(derive.terms(numbered), cutoffs), filled)
    named = pl.DataFrame(
        schema={
            "_loan": pl.UInt32,
            "instalment_no": pl.Int32,
            "named_principal": pl.Int128,
            "named_interest": pl.Int128,
        }
    )
    owed = position.with_history(balances.with_columns(_principal=money.sen("principal")), paid, filled)
    opened = position.open_loans(loans, frame("loan_instalments", []), paid, frame("collaterals", []), cutoffs)
    saved = savings.open_savings(frame("savings_accounts", []), frame("savings_transactions", []), cutoffs)
    books = ledger.open_ledger(frame("accounts", []), frame("savings_accounts", []), loans)
    return {
        "terms": derive.terms(loans), "rates": rates.with_period_rate(loans), "schedule": engine.generate(loans),
        "contract": contracted, "filled": filled, "balances": balances,
        "rest": remaining.remaining(on_balance.lowered(contract.decided(contracted, owed), owed, filled), owed, named),
        "schedules": opened.schedules, "positions": opened.positions, "repayments": opened.repayments,
        "failures": opened.failures, "savings": saved.balances, "trial_balance": books.trial_balance,
    }  # fmt: skip


def test_no_frame_has_a_float() -> None:
    made = frames()
    assert made["schedule"].height == 25 and made["rest"].height > 0
    floats = {(name, column) for name, data in made.items() for column, kind in data.schema.items() if kind.is_float()}
    assert floats == set()


def test_money_leaves_as_decimal_with_two_places() -> None:
    made = frames()
    for name in ("schedule", "schedules", "repayments"):
        kinds = {column: made[name].schema[column] for column in ("principal", "interest", "total")}
        assert kinds == dict.fromkeys(kinds, pl.Decimal(18, 2))
    assert made["positions"].schema["annual_rate"] == pl.Decimal(12, 6)


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(koop_pipeline.opening.__path__)])
def test_no_module_divides_inexactly_or_names_a_float(name: str) -> None:
    """Of its own modules only: `/` stands nowhere but between two Decimals in what is solved for an annuity."""
    module = import_module(f"koop_pipeline.opening.{name}")
    tree = ast.parse(inspect.getsource(module))
    divisions = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]
    literals = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert literals == []
    assert len(divisions) == (7 if name == "annuity" else 0) or name == "step"
    assert "Float" not in inspect.getsource(module)
