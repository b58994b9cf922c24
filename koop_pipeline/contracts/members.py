"""`members` (anggota, calon anggota, nasabah): one row a person or organisation."""

from koop_pipeline.contracts.model import Column, Table, code, date, enum, identifier, text

MEMBERS = Table(
    name="members",
    title="anggota",
    key=("member_no",),
    columns=(
        code("member_no"),
        identifier("nik", "nik"),
        Column("full_name", form="name", personal=True),
        enum("party", "person organisation", derived=True),
        enum("gender", "male female", required=False),
        text("birth_place", required=False, personal=True),
        date("birth_date", personal=True),
        text("address", required=False, personal=True),
        identifier("region_code", "region", personal=False),
        identifier("phone", "phone"),
        identifier("email", "email"),
        identifier("npwp", "npwp"),
        date("joined_on"),
        date("left_on"),
        enum("membership", "member candidate customer"),
        enum("status", "active inactive left deceased"),
    ),
)
