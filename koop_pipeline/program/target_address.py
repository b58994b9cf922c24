"""Where a target is: the embedded DuckDB file, or the URL of a PostgreSQL database.

Put here how an address is read and how it may be shown. A password in it is never shown; it comes from the environment
(KOOP_TARGET, or PGPASSWORD and the other variables of libpq).
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from koop_pipeline.errors import ConfigError

POSTGRES = ("postgresql", "postgres")


@dataclass(frozen=True)
class TargetAddress:
    """`path` of an embedded target, else `url` (a secret: show `shown`); `prefix` stands before its schemas' names."""

    shown: str
    path: Path | None = None
    url: str = field(default="", repr=False)
    prefix: str = ""

    @classmethod
    def of(cls, text: str | None, default: Path) -> "TargetAddress":
        """Read an address; without one it is the embedded target. ConfigError for anything else."""
        if not text:
            return cls(str(default), default)
        scheme, found, rest = text.partition("://")
        if found and scheme == "duckdb" and rest.startswith("/") and len(rest) > 1:
            path = Path(rest[1:])
            return cls(str(path), path)
        if found and scheme in POSTGRES:
            return cls(_without_password(text), url=text)
        raise ConfigError(
            f"the target {scheme + '://...' if found else '(no URL)'} is none that can be loaded into; use"
            " postgresql://USER@HOST:PORT/DATABASE, duckdb:///FILE, or leave it out for the embedded target"
        )

    def rehearsal(self, of: str) -> "TargetAddress":
        """A place beside it that is thrown away after the rehearsal of a batch: a file, or schemas with a prefix."""
        mark = hashlib.sha256(of.encode()).hexdigest()[:10]
        if self.path is not None:
            path = self.path.with_name(f"rehearsal-{mark}.duckdb")
            return replace(self, shown=str(path), path=path)
        return replace(self, prefix=f"rehearsal_{mark}_")


def carries_password(url: str) -> bool:
    """Whether a password stands in the URL itself.

    >>> [carries_password("postgresql://koop" + rest) for rest in (":x@db/k", "@db/k", ":@db/k", "@db/k?password=x")]
    [True, False, False, True]
    """
    before, _, place = url.partition("://")[2].rpartition("@")
    return bool(before.partition(":")[2] or re.search("[?&]password=.", place))


def _without_password(url: str) -> str:
    """The URL as it may be shown: user, host and database; whatever else stands in it stays hidden.

    libpq takes a password with any character, so what stands before the last `@` is never shown but for the user.

    >>> _without_password("postgresql://koop:geheim@db.example:5432/koperasi?sslmode=require")
    'postgresql://koop@db.example:5432/koperasi'
    >>> _without_password("postgresql://koop:ge#h/e?im@db.example/koperasi")
    'postgresql://koop@db.example/koperasi'
    """
    scheme, _, rest = url.partition("://")
    before, at, place = rest.rpartition("@")
    user = re.fullmatch(r"[\w.-]{0,64}", before.partition(":")[0])
    host = re.match(r"[\w.:-]*(/[\w-]*)?(?=$|[?#])", place)
    return f"{scheme}://{user[0] + at if user else ''}{host[0] if host else '...'}"
