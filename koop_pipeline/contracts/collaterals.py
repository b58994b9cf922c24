"""`collaterals` (agunan): what secures a loan, one row a document or thing."""

from koop_pipeline.contracts.model import Column, Table, code, date, enum, money, text

COLLATERALS = Table(
    name="collaterals",
    title="agunan",
    key=("collateral_no",),
    holds_rows=True,
    columns=(
        code("collateral_no"),
        code("loan_no", required=False, references="loans"),
        code("member_no", required=False, references="members"),
        enum(
            "kind",
            "vehicle_title land_certificate building_right sale_deed salary_decree deposit gold goods"
            " joint_liability other",
        ),
        text("description", required=False),
        text("document_no", required=False, personal=True),
        Column("owner_name", form="name", required=False, personal=True),
        text("owner_relation", required=False),
        money("appraised_value", required=False),
        date("appraised_on"),
        text("binding", required=False),
        enum("status", "held returned"),
        Column("documents", kind="json", required=False),
    ),
)
