"""Control totals of a profile: SQL straight over raw, against which what was mapped must tie.

A control that cannot be computed is delivered as null, which the gate takes for a difference.
"""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from koop_pipeline.errors import DeliveryError
from koop_pipeline.mapping import raw_views
from koop_pipeline.mapping.block_run import set_macros
from koop_pipeline.mapping.guard import Shape, SqlRefused, inspect
from koop_pipeline.program.folder import Mapping
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, StagingError, safe_message


def read_controls(staging: Staging, run: BatchRun, cooperative: Cooperative) -> None:
    """Compute every control of one cooperative, summed over its branches; DeliveryError where its SQL is refused."""
    mapping = run.mappings[cooperative.id]
    totals: dict[str, Decimal | None] = {}
    for branch in cooperative.branches:
        raw = raw_views.load(staging, cooperative.id, branch)
        raw_views.make_views(staging, raw, set(raw.relations), {})
        set_macros(staging, mapping)
        try:
            for name, sql in mapping.profile.controls.items():
                value = _control(staging, mapping, raw, name, sql, run.cutoff_on(cooperative))
                before = totals.get(name, Decimal(0))
                totals[name] = None if value is None or before is None else before + value
        finally:
            raw_views.drop_views(staging, raw)
    for name, total in totals.items():
        staging.execute("INSERT INTO mapped.controls VALUES (?, ?, ?)", [cooperative.id, name, total])


def control_shape(staging: Staging, mapping: Mapping, raw: raw_views.RawTables, name: str) -> Shape:
    """What the SQL of a control mentions; DeliveryError, with file and line, where it is refused."""
    try:
        return inspect(staging, mapping.profile.controls[name], raw.catalogue())
    except SqlRefused as error:
        raise DeliveryError(str(mapping.file.error(("controls", name), f"controls.{name}: {error}"))) from None


def _control(
    staging: Staging, mapping: Mapping, raw: raw_views.RawTables, name: str, sql: str, cutoff_on: date
) -> Decimal | None:
    shape = control_shape(staging, mapping, raw, name)
    try:
        rows = staging.rows(sql, dict.fromkeys(shape.parameters, cutoff_on))
    except StagingError as error:
        if "Conversion" in type(error).__name__:
            return None
        message = f"controls.{name}: {safe_message(error)}"
        raise DeliveryError(str(mapping.file.error(("controls", name), message))) from None
    if len(rows) != 1 or len(rows[0]) != 1:
        raise DeliveryError(str(mapping.file.error(("controls", name), f"controls.{name}: must give one number")))
    return _exact(mapping, name, rows[0][0])


def _exact(mapping: Mapping, name: str, value: Any) -> Decimal | None:
    if isinstance(value, float):
        text = f"controls.{name}: the result is a DOUBLE; amounts are exact: use rupiah(x)"
        raise DeliveryError(str(mapping.file.error(("controls", name), text)))
    try:
        return Decimal(0) if value is None else Decimal(str(value))
    except InvalidOperation:
        text = f"controls.{name}: the result is not a number"
        raise DeliveryError(str(mapping.file.error(("controls", name), text))) from None
