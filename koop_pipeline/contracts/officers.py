"""`officers` (pengurus, pengawas, pengelola): who runs the cooperative, one row a position held."""

from koop_pipeline.contracts.model import Column, Table, code, date, enum, identifier

OFFICERS = Table(
    name="officers",
    title="pengurus",
    key=("officer_no",),
    holds_rows=True,
    columns=(
        code("officer_no", derived=True),
        Column("full_name", form="name", personal=True),
        enum("position", "chair vice_chair secretary treasurer supervisor manager staff other"),
        code("member_no", required=False, references="members"),
        identifier("nik", "nik"),
        identifier("phone", "phone"),
        identifier("email", "email"),
        date("term_start_on"),
        date("term_end_on"),
        enum("status", "active inactive"),
    ),
)
