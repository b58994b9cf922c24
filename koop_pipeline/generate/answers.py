"""The answer key and the batch file of a generated programme, from the truth alone, one cooperative at a time.

Put here what `answer-key.yaml` and `batches/*.yaml` say and how. Counts of rows follow law 1: extracted + added =
promoted + merged + excluded + held + waiting. The key has the form of `data/sample/EXPECTED.yaml`, with `findings`
besides: every rule that must fail, and how often.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from koop_pipeline.generate import ledger
from koop_pipeline.generate.ledger import Line
from koop_pipeline.generate.people import home_region
from koop_pipeline.generate.plan import CUTOFF, Cooperative, Plan
from koop_pipeline.generate.truth import Sums

PROFILES = {"csv": "arta-csv", "mysql": "mitra-mysql", "sqlite": "bina-sqlite"}
DERIVED = ("cooperatives", "products")
TABLES = (
    "cooperatives", "officers", "members", "products", "savings_accounts", "savings_transactions", "loans",
    "loan_repayments", "collaterals", "accounts",
)  # fmt: skip
BY_COOPERATIVE = {
    "trial-balance": "ACC-BAL-01",
    "control-account": "ACC-TIE-01",
    "no-collaterals": "ABS-COLLATERALS-01",
    "declared-differs": "DCL-TOT-02",
    "declared-absent": "ABS-COLLATERALS-02",
    "undeclared": "DCL-NONE-01",
    "unread-file": "EXT-UNREAD-01",
}
BLOCKING = {
    "trial-balance", "control-account", "ghost-savings", "unreadable-date", "no-collaterals", "declared-differs",
}  # fmt: skip
DECLARED_MORE = 1_000_00
EXPORTED_ON = "2026-07-03"
KINDS = (("savings_loan", "ksp", "KSP"), ("consumer", "usp", "KSU"), ("services", "usp", "Kopkar"))
_WORDS = "Mekar Bahari Lontar Cendana Kasih Sinar Tani Fajar Harapan Bina Mitra Usaha Flobamora Sejahtera"
WORDS = _WORDS.split()


@dataclass(frozen=True)
class Outcome:
    """One cooperative with the sums over its chunks and its ledger."""

    cooperative: Cooperative
    sums: Sums
    lines: list[Line]

    @property
    def name(self) -> str:
        """`KSP Mekar 1`."""
        at = self.cooperative.ordinal
        return f"{KINDS[at % len(KINDS)][2]} {WORDS[at // len(KINDS) % len(WORDS)]} {at + 1}"

    @property
    def failed(self) -> bool:
        """Whether a file cannot be read."""
        return "damaged-file" in self.cooperative.faults

    @property
    def findings(self) -> Counter[str]:
        """Rules that must fail, and how often."""
        own = Counter({rule: 1 for kind, rule in BY_COOPERATIVE.items() if kind in self.cooperative.faults})
        return Counter() if self.failed else +(self.sums.findings + own)

    @property
    def verdict(self) -> str | None:
        """Passed, warned, blocked; None where nothing could be judged."""
        if self.failed:
            return None
        if self.cooperative.faults & BLOCKING:
            return "blocked"
        return "warned" if self.findings else "passed"

    @property
    def state(self) -> str:
        """Where a run leaves it."""
        return {None: "failed", "blocked": "gated"}.get(self.verdict, "verified")


def rows(outcome: Outcome) -> dict[str, dict[str, int]]:
    """Counts by promoted table; all 0 for a failed cooperative."""
    sums = outcome.sums
    delivered = Counter(sums.rows)
    delivered.update(
        cooperatives=1,
        products=len(sums.savings) + len(sums.loans),
        accounts=len(outcome.lines) + len(ledger.HEADS),
    )
    counts = {}
    for table in TABLES:
        there = delivered[table]
        left = sums.excluded[table]
        merged = sums.merged if table == "members" else 0
        waits = outcome.verdict == "blocked"
        count = {
            "extracted": 0 if table in DERIVED else there,
            "added": there if table in DERIVED else 0,
            "merged": 0 if waits else merged,
            "excluded": 0 if waits else left,
            "promoted": 0 if waits else there - left - merged,
            "waiting": there if waits else 0,
        }
        counts[table] = dict.fromkeys(count, 0) if outcome.failed else count
    return counts


def money(outcome: Outcome) -> dict[str, str]:
    """Totals at the cut-off, exact decimals in rupiah."""
    sums = outcome.sums
    totals = {
        "savings": sum(sums.savings.values()),
        **{f"savings:{product}": sen for product, sen in sorted(sums.savings.items())},
        "loans": sum(sums.loans.values()),
        **{f"loans:{product}": sen for product, sen in sorted(sums.loans.items())},
        "assets": ledger.assets(outcome.lines),
        "trial_balance_debit": ledger.debit(outcome.lines),
        "trial_balance_credit": ledger.credit(outcome.lines),
        "savings_transactions": sums.movements,
        "loan_repayments": sums.repayments,
    }
    return {name: rupiah(sen) for name, sen in totals.items()}


def opening(outcome: Outcome) -> dict[str, int]:
    """Rows of the opening tables."""
    return {
        "opening_savings_balances": outcome.sums.rows["savings_accounts"],
        "loan_schedules": outcome.sums.unpaid,
        "opening_trial_balance": len(outcome.lines),
    }


def rupiah(sen: int) -> str:
    """Exact decimal text.

    >>> rupiah(-5)
    '-0.05'
    """
    return f"{'-' if sen < 0 else ''}{abs(sen) // 100}.{abs(sen) % 100:02d}"


def key_head(plan: Plan, batch: str) -> str:
    """The beginning of an answer key."""
    return (
        "# The answer key of a generated programme, worked out from what was invented, never by the pipeline.\n"
        "# `findings` are the rules that must fail, with their counts; no row is held. Money is in rupiah.\n"
        f"generated: {arguments(plan)}\nbatch: {batch}\ncooperatives:\n"
    )


def arguments(plan: Plan) -> str:
    """The arguments that make the same bytes again, as a YAML mapping on one line."""
    return (
        f"{{cooperatives: {plan.cooperatives}, members: {plan.members}, seed: {plan.seed},"
        f" transactions: {plan.transactions}, systems: [{', '.join(plan.systems)}], faults: {plan.faults}}}"
    )


def key_entry(outcome: Outcome) -> str:
    """What one cooperative must come to."""
    cooperative = outcome.cooperative
    kept_badly = ["member-list"] if cooperative.dirty else []
    lines = [
        f"  {cooperative.id}:",
        f"    system: {PROFILES[cooperative.system]}",
        f"    state: {outcome.state}",
        f"    verdict: {outcome.verdict or 'null'}",
        f"    faults: [{', '.join([*sorted(cooperative.faults), *kept_badly])}]",
        f"    findings: {_flow(dict(sorted(outcome.findings.items())))}",
        "    rows:",
        *(f"      {table}: {_flow(counts)}" for table, counts in rows(outcome).items()),
    ]
    if outcome.verdict:
        lines += [f"    opening: {_flow(opening(outcome))}", "    money:"]
        lines += [f'      "{name}": "{text}"' for name, text in money(outcome).items()]
    return "\n".join(lines) + "\n"


def _flow(record: dict[str, int]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in record.items()) + "}"


def batch_head(batch: str) -> str:
    """The beginning of a batch file."""
    return (
        f"batch: {batch}\nmethod: cutover\ncutoff_on: {CUTOFF}\nstarts_at: 2026-07-03T19:00:00+08:00\ncooperatives:\n"
    )


def batch_entry(outcome: Outcome) -> str:
    """One cooperative of the batch file."""
    return "\n".join(_entry(outcome)) + "\n"


def _entry(outcome: Outcome) -> Iterator[str]:
    cooperative = outcome.cooperative
    yield f"  - id: {cooperative.id}"
    yield f"    name: {outcome.name}"
    yield f"    profile: {PROFILES[cooperative.system]}"
    yield f"    source: legacy/{cooperative.id}"
    if "late-movements" in cooperative.faults:
        yield f"    exported_on: {EXPORTED_ON}"
    yield "    facts: {" + ", ".join(f'{name}: "{value}"' for name, value in facts(cooperative).items()) + "}"
    yield "    rat: [2025-03-12, 2026-03-20]"
    yield f'    responsible: {{name: Ketua {outcome.name}, contact: "+628400000{cooperative.ordinal:05d}"}}'
    if "declared-absent" in cooperative.faults:
        yield '    absent: {collaterals: "unsecured loans only, letter of 2026-06-01"}'
    if "undeclared" not in cooperative.faults:
        yield f'    declared: {{document: "Neraca 30-06-2026", {_declared(outcome)}}}'


def _declared(outcome: Outcome) -> str:
    """What the cooperative signs for: its list of members as it stands, and its balance sheet."""
    sums, totals = outcome.sums, money(outcome)
    ghosts = sums.findings["SAV-REF-01"] > 0
    said = {"members": str(sums.rows["members"] - sums.excluded["members"])} if not ghosts else {}
    for name in ("savings", "savings:POKOK", "loans", "assets"):
        said[name] = totals[name]
    if "declared-differs" in outcome.cooperative.faults:
        said["savings"] = rupiah(sum(sums.savings.values()) + DECLARED_MORE)
    return ", ".join(f'"{name}": {value}' for name, value in said.items())


def facts(cooperative: Cooperative) -> dict[str, str]:
    """All that the cooperatives row needs; invented numbers, of which the NPWP has its check digit."""
    at = cooperative.ordinal + 1
    kind, unit, _ = KINDS[cooperative.ordinal % len(KINDS)]
    year = 1996 + at % 22
    office = f"{at % 90_000_000:08d}"
    return {
        "kind": kind,
        "form": "primary",
        "savings_loan_unit": unit,
        "legal_entity_no": f"518.{at % 100:02d}/{at % 1000}/BH/XIV.10/VIII/{year}",
        "legal_entity_on": f"{year}-08-12",
        "cooperative_nik": f"5371{at:09d}",
        "npwp": f"0{office}{luhn_digit(office)}922000",
        "nib": f"9120{at:09d}",
        "address": f"Jl. Eltari No. {at % 300 + 1}",
        "region_code": home_region(cooperative),
        "phone": f"+628499{at:07d}",
        "email": f"koperasi{at}@example.org",
        "established_on": f"{year}-08-12",
        "status": "active",
    }


def luhn_digit(digits: str) -> int:
    """The digit that makes the number divisible.

    >>> luhn_digit("7992739871")
    3
    """
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


PROGRAM = """# Made by koop generate; everything in it is invented. Arguments: {arguments}
program: generated-{seed}
name: Programme of {cooperatives} invented cooperatives
target_cooperatives: {cooperatives}
responsible: {{name: Dinas Koperasi (invented), contact: dinas@example.org}}
"""


def program_file(plan: Plan) -> str:
    """The text of program.yaml."""
    return PROGRAM.format(arguments=arguments(plan), seed=plan.seed, cooperatives=plan.cooperatives)
