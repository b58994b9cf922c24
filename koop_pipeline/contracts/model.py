"""What a canonical table is: columns, key, references, and what is personal.

Put here the vocabulary in which the tables of this package are written. Everything else about a table (staging types,
target DDL, cleaning, masking, the keys that a branch prefixes) derives from these objects. Keep rules out: they are
stated in `expectations/` only.
"""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "money", "rate", "integer", "date", "boolean", "json"]
Form = Literal[
    "plain", "code", "enum", "name", "nik", "npwp", "nib", "cooperative_nik", "legal_entity", "phone", "email",
    "region",
]  # fmt: skip

SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "money": "DECIMAL(18,2)",
    "rate": "DECIMAL(12,6)",
    "integer": "INTEGER",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "json": "VARCHAR",
}


@dataclass(frozen=True)
class Column:
    """One column: its storage kind, the form its text is cleaned to, and whom it concerns.

    `required` is false where the design marks the column with `?`. `derived` columns may be left out by a profile: the
    pipeline fills them, and compares where a source gives them.
    """

    name: str
    kind: Kind = "text"
    form: Form = "plain"
    required: bool = True
    values: tuple[str, ...] = ()
    references: str | None = None
    personal: bool = False
    derived: bool = False

    @property
    def sql_type(self) -> str:
        """The DuckDB type in staging and in the embedded target."""
        return SQL_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """A canonical table: grain is one row per `key` within a cooperative.

    `title` is the Indonesian word. `holds_rows` tables may have single rows held back (officers, collaterals).
    """

    name: str
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    holds_rows: bool = False
    promoted: bool = True
    opening: bool = False
    _by_name: dict[str, Column] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.all_columns})

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns after `cooperative_id`, with the three that end every table."""
        return (*self.columns, *TAIL)

    @property
    def names(self) -> list[str]:
        """Names of `all_columns`, in order."""
        return [column.name for column in self.all_columns]

    @property
    def full_key(self) -> tuple[str, ...]:
        """The key with `cooperative_id` first; the primary key in the target."""
        return ("cooperative_id", *self.key)

    @property
    def money(self) -> list[Column]:
        """The columns that hold rupiah."""
        return [column for column in self.columns if column.kind == "money"]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where the table has none."""
        return self._by_name[name]

    def has(self, name: str) -> bool:
        """Whether the table has a column of that name."""
        return name in self._by_name


TAIL = (
    Column("branch", required=False),
    Column("source_no", required=False),
    Column("extras", kind="json", required=False),
)


def code(name: str, *, required: bool = True, references: str | None = None, derived: bool = False) -> Column:
    """A code or number that is text and is compared exactly."""
    return Column(name, form="code", required=required, references=references, derived=derived)


def text(name: str, *, required: bool = True, personal: bool = False) -> Column:
    """Free text: NFC, trimmed."""
    return Column(name, required=required, personal=personal)


def enum(name: str, values: str, *, required: bool = True, derived: bool = False) -> Column:
    """A closed enumeration; `values` separated by spaces."""
    return Column(name, form="enum", required=required, values=tuple(values.split()), derived=derived)


def money(name: str, *, required: bool = True, derived: bool = False) -> Column:
    """Rupiah, Decimal(18,2)."""
    return Column(name, kind="money", required=required, derived=derived)


def rate(name: str, *, required: bool = False, derived: bool = False) -> Column:
    """Percent, Decimal(12,6)."""
    return Column(name, kind="rate", required=required, derived=derived)


def date(name: str, *, required: bool = False, personal: bool = False, derived: bool = False) -> Column:
    """A calendar day."""
    return Column(name, kind="date", required=required, personal=personal, derived=derived)


def integer(name: str, *, required: bool = False, derived: bool = False) -> Column:
    """A whole number."""
    return Column(name, kind="integer", required=required, derived=derived)


def identifier(name: str, form: Form, *, personal: bool = True) -> Column:
    """An identifier of a person or of the cooperative, with the form that cleans it; may be null."""
    return Column(name, form=form, required=False, personal=personal)
