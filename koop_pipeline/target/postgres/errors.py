"""PostgreSQL's errors as sentences: what was refused, in which row, and whether trying again can help.

Put here how an error is told. A row is named by its key; no other value of it is shown, for PostgreSQL's own detail
prints whole rows.
"""

import re

import psycopg

from koop_pipeline.contracts import TABLES
from koop_pipeline.target.model import TargetError

PASSING = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.TooManyConnections,
    psycopg.errors.AdminShutdown,
    psycopg.errors.CrashShutdown,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.ConnectionFailure,
    psycopg.errors.ConnectionException,
)
KEY = re.compile(r"^Key \((?P<columns>[^)]*)\)=\((?P<values>.*?)\) ")
ROW = re.compile(r"^Failing row contains \((?P<values>.*)\)\.$", re.DOTALL)


class PassingError(TargetError):
    """The target failed in passing: the connection was lost, a deadlock, a time-out. Trying again may help."""


def told(error: psycopg.Error) -> TargetError:
    """The error as one that the steps understand."""
    diagnosis = error.diag
    if isinstance(error, psycopg.errors.IntegrityError):
        return TargetError(f"the target refuses {_row(diagnosis)}: {_constraint(error)}")
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    said = (diagnosis.message_primary or "").split("\n")[0]
    sentence = f"the target says: {kind}" + (f" ({_masked(said)})" if said else "")
    lost = isinstance(error, psycopg.OperationalError) and diagnosis.sqlstate is None
    if isinstance(error, PASSING) or lost:
        return PassingError(sentence)
    if isinstance(error, psycopg.errors.DiskFull):
        return TargetError("the target's disk is full; make room, then run koop migrate again")
    return TargetError(sentence)


def _row(diagnosis: psycopg.errors.Diagnostic) -> str:
    """`row A-001 of members`, as far as the error names it."""
    table, detail = diagnosis.table_name or "a table", diagnosis.message_detail or ""
    width = len(TABLES[table].full_key) if table in TABLES else 1
    if found := ROW.match(detail):
        values = found["values"].split(", ")[1:width]
    elif found := KEY.match(detail):
        values = found["values"].split(", ")[1:]
    else:
        return f"a row of {table}"
    return f"row {', '.join(values) or 'of the cooperative itself'} of {table}"


def _constraint(error: psycopg.errors.IntegrityError) -> str:
    diagnosis = error.diag
    if isinstance(error, psycopg.errors.UniqueViolation):
        return f"its key is there already ({diagnosis.constraint_name})"
    if isinstance(error, psycopg.errors.ForeignKeyViolation):
        columns = found["columns"] if (found := KEY.match(diagnosis.message_detail or "")) else "a reference"
        return f"what {columns} refers to is not there, or rows still refer to it ({diagnosis.constraint_name})"
    if isinstance(error, psycopg.errors.NotNullViolation):
        return f"{diagnosis.column_name} is empty"
    return f"it breaks the constraint {diagnosis.constraint_name}"


def _masked(said: str) -> str:
    """A message without the values that it quotes; names of constraints and roles in double quotes stay."""
    return re.sub(r"'[^']*'|: \"[^\"]*\"", "'***'", said)
