"""The only package that imports great_expectations; the import takes seconds, so load it when a gate runs.

Importing this package first switches off what GX sends home and what it and its libraries say while loading. Put here
what GX needs to work on the staging file; keep rules, verdicts and pages of ours out.
"""

import os
import warnings

from koop_pipeline.gates.gx.later import import_later

os.environ["GX_ANALYTICS_ENABLED"] = "false"
import_later("altair", "scipy.stats")
with warnings.catch_warnings():
    # GX 1.24 imports sre_constants, which Python deprecated.
    warnings.simplefilter("ignore")
    import great_expectations  # noqa: F401
