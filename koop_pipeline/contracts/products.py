"""`products` (produk simpanan dan pinjaman): one row a product; derived where a source has none."""

from koop_pipeline.contracts.model import Table, code, enum, rate, text

PRODUCTS = Table(
    name="products",
    title="produk",
    key=("product_code",),
    columns=(
        code("product_code"),
        text("name"),
        enum("serves", "savings loans"),
        text("kind"),
        enum("nature", "equity liability", required=False, derived=True),
        rate("annual_rate"),
    ),
)
