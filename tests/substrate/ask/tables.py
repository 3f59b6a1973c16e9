"""Tables to ask about."""

from substrate.catalog import Catalog, Table
from substrate.manifest import read

ORDERS = """
id = "shop.orders"
columns = [
    { name = "id", type = "i64" },
    { name = "status", type = "str" },
    { name = "total", type = "f64" },
    { name = "qty", type = "i64" },
    { name = "customer_name", type = "str" },
    { name = "paid", type = "bool" },
    { name = "created_at", type = "timestamp" },
    { name = "due", type = "date" },
    { name = "tag", type = "uuid" },
    { name = "raw", type = "json" },
    { name = "card", type = "encrypted" },
]
primary_key = { columns = ["id"] }
"""

PRODUCTS = """
id = "shop.products"
columns = [{ name = "sku", type = "str" }, { name = "price", type = "number" }, { name = "unit_cost", type = "f64" }]
primary_key = { columns = ["sku"] }
"""

CATEGORIES = """
id = "shop.category"
columns = [{ name = "a", type = "i64" }, { name = "b", type = "i64" }, { name = "state", type = "str" }]
primary_key = { columns = ["a", "b"] }
"""

LINE_ITEMS = """
id = "shop.line_items"
columns = [{ name = "id", type = "i64" }, { name = "cost", type = "i64" }]
primary_key = { columns = ["id"] }
"""

BOXES = """
id = "depot.boxes"
columns = [{ name = "id", type = "i64" }, { name = "weight", type = "f64" }]
primary_key = { columns = ["id"] }
"""


def catalog_of(*manifests: str) -> Catalog:
    """The catalog of tables that are declared by these texts."""
    return Catalog([Table(number, 1, read(text), text) for number, text in enumerate(manifests, 1)])


ARCHIVE = ORDERS.replace("shop.", "archive.")

SHOP = catalog_of(ORDERS, PRODUCTS, CATEGORIES, LINE_ITEMS, BOXES)
"""Orders with a column of every kind, products, categories with a key of two columns, line items, boxes."""

TWO_SHOPS = catalog_of(ORDERS, ARCHIVE, PRODUCTS)
"""Orders in two namespaces."""
