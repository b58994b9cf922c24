"""`cooperatives` (badan usaha): the legal body itself, one row a cooperative."""

from koop_pipeline.contracts.model import Table, date, enum, identifier, text

COOPERATIVES = Table(
    name="cooperatives",
    title="badan usaha",
    key=(),
    columns=(
        text("name"),
        identifier("legal_entity_no", "legal_entity", personal=False),
        date("legal_entity_on"),
        identifier("cooperative_nik", "cooperative_nik", personal=False),
        identifier("npwp", "npwp", personal=False),
        identifier("nib", "nib", personal=False),
        enum("kind", "consumer producer services marketing savings_loan"),
        enum("form", "primary secondary"),
        enum("savings_loan_unit", "ksp usp kspps uspps none"),
        text("address", required=False),
        identifier("region_code", "region", personal=False),
        identifier("phone", "phone"),
        identifier("email", "email"),
        date("established_on"),
        enum("status", "active inactive frozen dissolved"),
    ),
)
