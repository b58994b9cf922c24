"""The DuckDB file of a batch: schemas raw, mapped, cleaned, opening, checked, gate, verification."""

from koop_pipeline.staging.database import Staging, StagingError
from koop_pipeline.staging.messages import safe_message
from koop_pipeline.staging.names import literal, quoted, within

__all__ = ["Staging", "StagingError", "literal", "quoted", "safe_message", "within"]
