"""The gate: suites of rules run on DuckDB by Great Expectations, one verdict per cooperative, Data Docs.

Only this package imports great_expectations, and only while a gate runs (`gates/gx/`). What a rule says stands in
`expectations/`, never here.
"""

from koop_pipeline.gates.docs import build_docs
from koop_pipeline.gates.run import RuleOutcome, run_suites
from koop_pipeline.gates.suites import SuiteFile, load_suites, suites_fingerprint
from koop_pipeline.gates.verdicts import write_verdicts

__all__ = [
    "RuleOutcome",
    "SuiteFile",
    "build_docs",
    "load_suites",
    "run_suites",
    "suites_fingerprint",
    "write_verdicts",
]
