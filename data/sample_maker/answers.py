"""The answer key and the batch file, from the truth model alone.

Put here what EXPECTED.yaml says and how. Counts of rows follow law 1 of the design: extracted + added = promoted +
merged + excluded + held + waiting; `merged` is written where it is not 0, and no row is held.
"""

from collections.abc import Iterator

from sample_maker.truth import Cooperative, rupiah
from sample_maker.worlds import World

BATCH = "gelombang-01"
SELF_DESCRIBING = "kopdit-sqlite"


def _delivered(truth: Cooperative) -> dict[str, int]:
    """Rows that the truth holds, by canonical table."""
    return {
        "cooperatives": 1,
        "officers": len(truth.officers),
        "members": len(truth.members),
        "products": len(truth.savings_per_product()) + len(truth.loans_per_product()),
        "savings_accounts": len(truth.savings),
        "savings_transactions": len(truth.movements),
        "loans": len(truth.loans),
        "loan_repayments": sum(len(loan.repayments) for loan in truth.loans),
        "collaterals": len(truth.collaterals),
        "accounts": len(truth.accounts),
    }


def rows(world: World, truth: Cooperative) -> dict[str, dict[str, int]]:
    """Counts per promoted table; all 0 for a failed cooperative, of which nothing could be read."""
    counts = {}
    for table, real in _delivered(truth).items():
        derived = world.system != SELF_DESCRIBING and table in ("cooperatives", "products")
        excluded = world.excluded.get(table, 0)
        merged = len(truth.doubles) if table == "members" else 0
        count = {
            "extracted": 0 if derived else real + excluded + merged,
            "added": real if derived else 0,
            **({"merged": merged} if merged else {}),
            "excluded": excluded,
            "promoted": real if world.verdict in ("passed", "warned") else 0,
            "waiting": real if world.verdict == "blocked" else 0,
        }
        counts[table] = count if world.verdict else dict.fromkeys(count, 0)
    return counts


def money(truth: Cooperative) -> dict[str, str]:
    """Totals at the cut-off, exact decimals in rupiah."""
    per_product = {f"savings:{product}": sen for product, sen in truth.savings_per_product().items()}
    per_loan_product = {f"loans:{product}": sen for product, sen in truth.loans_per_product().items()}
    totals = {
        "savings": sum(per_product.values()),
        **per_product,
        "loans": sum(per_loan_product.values()),
        **per_loan_product,
        "assets": truth.assets,
        "trial_balance_debit": truth.debit,
        "trial_balance_credit": truth.credit,
        "savings_transactions": sum(row.sen for row in truth.movements),
        "loan_repayments": sum(row.total for loan in truth.loans for row in loan.repayments),
    }
    return {name: rupiah(sen) for name, sen in totals.items()}


def opening(truth: Cooperative) -> dict[str, int]:
    """Rows of the opening tables; of schedules the instalments of active loans that are not paid."""
    return {
        "opening_savings_balances": len(truth.savings),
        "loan_schedules": sum(loan.unpaid for loan in truth.loans),
        "opening_trial_balance": sum(account.detail for account in truth.accounts),
    }


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _flow(record: dict[str, int]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in record.items()) + "}"


def _one(world: World, truth: Cooperative) -> Iterator[str]:
    yield f"  {world.id}:"
    yield f"    system: {world.system}"
    yield f"    state: {world.state}"
    yield f"    verdict: {world.verdict or 'null'}"
    yield f"    reason: {_quoted(world.reason)}"
    yield "    faults:" if world.faults else "    faults: []"
    yield from (f"      - {_quoted(fault)}" for fault in world.faults)
    yield "    rows:"
    yield from (f"      {table}: {_flow(counts)}" for table, counts in rows(world, truth).items())
    if world.verdict:
        instalments = sum(len(loan.schedule) for loan in truth.loans) if world.system == SELF_DESCRIBING else 0
        yield f"    staging_only: {{loan_instalments: {instalments}}}"
        yield f"    opening: {_flow(opening(truth))}"
        yield "    money:"
        yield from (f'      "{name}": "{text}"' for name, text in money(truth).items())


def expected(worlds: list[tuple[World, Cooperative]]) -> str:
    """The text of EXPECTED.yaml."""
    lines = [
        "# The answer key of the sample programme, worked out from the truth model by data/make_sample.py, never by",
        "# the pipeline. `merged` is 0 where it is not named; no row is held. `added` rows are what no source row says",
        "# (the cooperative's own row from `facts`, products derived from accounts and loans). `opening` counts what",
        "# the gate sees; of a blocked cooperative it waits. `assets` is net of contra accounts. Money is in rupiah.",
        f"batch: {BATCH}",
        "exit_code: 3",
        "cooperatives:",
    ]
    for world, truth in worlds:
        lines += _one(world, truth)
    return "\n".join(lines) + "\n"


def _declared(world: World, truth: Cooperative) -> str:
    known = {"members": str(len(truth.members) + len(truth.doubles)), **money(truth)}
    named = ", ".join(f'"{name}": {known[name]}' for name in world.declared)
    return f'    declared: {{document: "Neraca 30-06-2026", {named}}}'


def _entry(ordinal: int, world: World, truth: Cooperative) -> Iterator[str]:
    yield f"  - id: {world.id}"
    yield f"    name: {world.name}"
    yield f"    profile: {world.system}"
    if world.overrides:
        yield f"    overrides: mappings/{world.id}.yaml"
    yield f"    source: legacy/{world.id}"
    yield "    facts:"
    yield from (f'      {key}: "{value}"' for key, value in world.facts.items())
    yield "    rat: [2025-03-12, 2026-03-20]"
    yield f'    responsible: {{name: Ketua {world.name}, contact: "+6281234560{ordinal:03d}"}}'
    if world.declared:
        yield _declared(world, truth)


def batch(worlds: list[tuple[World, Cooperative]]) -> str:
    """The text of the batch file."""
    lines = [
        f"batch: {BATCH}",
        "method: cutover",
        "cutoff_on: 2026-06-30",
        "starts_at: 2026-07-03T19:00:00+08:00",
        "cooperatives:",
    ]
    for ordinal, (world, truth) in enumerate(worlds, start=1):
        lines += _entry(ordinal, world, truth)
    return "\n".join(lines) + "\n"


PROGRAM = """program: sampel-2026
name: Digitalisasi Koperasi (contoh)
target_cooperatives: 40
responsible: {name: Dinas Koperasi (contoh), contact: dinas@example.org}
"""
