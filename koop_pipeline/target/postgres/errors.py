"""PostgreSQL's errors as sentences: what was refused, and whether trying again can help.

Put here how an error is told. Which row it was is found by `blame.py`, for under row-level security PostgreSQL does not
say; and what it says elsewhere prints whole rows, which no message may show.
"""

import re
from dataclasses import dataclass

import psycopg

from koop_pipeline.identifiers.masking import mask_key
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
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.IdleSessionTimeout,
)

OF_ALL = (*PASSING, psycopg.errors.DiskFull)
"""What is of no row, whoever raises it."""
WAITING = re.compile("starting up|shutting down|recovery|too many|connection slots|not yet accepting")
FOR_GOOD = re.compile("authentication|password|pg_hba|does not exist|not permitted|permission denied|SSL|certificate")
SEVERITY = re.compile(r"[^\s:]+:  ")
"""What a server's own message begins with, in whatever language: `FATAL:  `."""

CLEAR = re.compile(r"\w+://([\w.-]*(:[^@/?#\[\]]*)?@)?[^@]*")
"""A URL whose password, if it has one, can be taken for nothing else."""

TAKEN = (
    "another row has its value already, under the unique index {} of the platform; where that row gives it up in this"
    " same delivery, drop the index while koop migrate runs (rows that only trade values pass under a DEFERRABLE"
    " constraint)"
)


class PassingError(TargetError):
    """The target failed in passing: the connection was lost, a deadlock, a time-out. Trying again may help."""

    passing = True


@dataclass(frozen=True)
class Names:
    """The table, column and constraint of an error, as far as they may be shown: what the database itself calls so.

    A trigger may put any text there (`RAISE ... USING CONSTRAINT =`). `index`: the constraint is a unique index besides
    the key, which only the platform has made.
    """

    table: str | None = None
    column: str | None = None
    constraint: str | None = None
    index: bool = False

    @classmethod
    def of(cls, error: psycopg.Error) -> "Names":
        """Those that the server gave itself; none where the error came about in a function."""
        said = error.diag
        return cls() if by_function(error) else cls(said.table_name, said.column_name, said.constraint_name)


def told(
    error: psycopg.Error,
    table: str | None = None,
    key: tuple[str, ...] | None = None,
    column: str | None = None,
    names: Names | None = None,
) -> TargetError:
    """The error as one that the steps understand; `table`, `key` and `column` name the place where it is known.

    `names`: those in the error that the catalogue has, where it was asked.
    """
    diagnosis = error.diag
    names = names or Names.of(error)
    table = table or names.table
    if isinstance(error, psycopg.IntegrityError) or (table and of_a_row(error)):
        place = table or "a table"
        shown = key if place == "cooperatives" else tuple(map(mask_key, key or ()))
        row = f"row {', '.join(shown)} of {place}" if shown else f"a row of {place}"
        reason = _reason(error, column or names.column, names)
        return TargetError(f"the target refuses {row}: {reason}", table, key)
    kind = _kind(error)
    said = "" if by_function(error) else (diagnosis.message_primary or "").split("\n")[0]
    sentence = f"the target says: {kind}" + (f" ({masked_values(said)})" if said else "")
    lost = isinstance(error, psycopg.OperationalError) and diagnosis.sqlstate is None
    if lost:
        return PassingError(f"{sentence} ({masked(str(error).split(chr(10))[0])})")
    if isinstance(error, PASSING):
        return PassingError(sentence)
    if isinstance(error, psycopg.errors.DiskFull):
        return TargetError("the target's disk is full; make room, then run koop migrate again")
    return TargetError(sentence)


def of_a_row(error: psycopg.Error) -> bool:
    """Whether it is said of a row where its table is known: of its data, or by a trigger under whatever code.

    Of its data is also a key that is too long for an index.
    """
    data = isinstance(error, psycopg.DataError | psycopg.errors.ProgramLimitExceeded)
    return data or (by_function(error) and not isinstance(error, OF_ALL))


def by_function(error: psycopg.Error) -> bool:
    """Whether it came about in a function, such as a trigger's, whose text is somebody's own and may name people.

    PostgreSQL then tells where it was; of a COPY it does too, and of the blocks of our own schema.
    """
    place = error.diag.context or ""
    own = place.startswith("COPY ") or "inline_code_block" in place
    return isinstance(error, psycopg.errors.RaiseException) or bool(place and not own)


def unreached(error: psycopg.OperationalError, url: str) -> TargetError:
    """Why no connection came about, and to what; a server that refuses this user for good is not asked again.

    PostgreSQL sends no code with it, only a text. Where a password has signs that part a URL, libpq takes a piece of it
    for the host or the port, so that nothing of it is named.
    """
    said = re.sub("^(connection (failed|is bad): )?(connection to server .*? failed: )?", "", str(error).split("\n")[0])
    tried = error.pgconn
    names = ["host", "port", "db", "user"] if tried is not None and CLEAR.fullmatch(url) else []
    values = [(name, getattr(tried, name).decode(errors="replace")) for name in names]
    listed = ", ".join(f"{'database' if name == 'db' else name} {value}" for name, value in values if value)
    sentence = f"it cannot be reached{f' ({listed})' if listed else ''}: {masked(SEVERITY.sub('', said, count=1))}"
    asked = tried is not None and SEVERITY.match(said) and (tried.needs_password or tried.used_password)
    if (FOR_GOOD.search(said) or asked) and not WAITING.search(said):
        return TargetError(sentence)
    return PassingError(sentence)


def _kind(error: psycopg.Error) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()


def _reason(error: psycopg.Error, column: str | None, names: Names) -> str:
    named = names.constraint
    value = column or "a value"
    if by_function(error) and not (named and isinstance(error, psycopg.IntegrityError)):
        return f"a trigger of the platform refuses it ({_kind(error)})"
    if isinstance(error, psycopg.errors.NotNullViolation):
        return f"{value} is empty"
    if isinstance(error, psycopg.errors.UniqueViolation) and names.index:
        return TAKEN.format(named)
    if isinstance(error, psycopg.errors.UniqueViolation):
        return f"its key is there already ({named})"
    if isinstance(error, psycopg.errors.ForeignKeyViolation):
        return f"what it refers to is not there, or rows still refer to it ({named})"
    if isinstance(error, psycopg.IntegrityError) and not named:
        return f"a trigger of the platform refuses it ({_kind(error)})"
    if isinstance(error, psycopg.IntegrityError):
        return f"it breaks the constraint {named}" if not column else f"{column} breaks the constraint {named}"
    if isinstance(error, psycopg.errors.StringDataRightTruncation | psycopg.errors.ProgramLimitExceeded):
        return f"{value} is too long"
    if isinstance(error, psycopg.errors.NumericValueOutOfRange):
        return f"{value} is too large"
    if isinstance(error, psycopg.errors.CharacterNotInRepertoire | psycopg.errors.UntranslatableCharacter):
        return "it holds a character that a text in PostgreSQL cannot (NUL)"
    return f"{value} is none that it takes ({_kind(error)})"


def masked_values(said: str) -> str:
    """A message without the values that it quotes; names of constraints and roles in double quotes stay."""
    return re.sub(r"'[^']*'|: \"[^\"]*\"", "'***'", said)


def masked(said: str) -> str:
    """A message without anything that it quotes."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "'***'", said)
