"""One suite for both back ends: what holds on one has to hold on the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.interface import Namespace, Store
from substrate.opening import open_store
from tests.substrate.contract.people import PEOPLE

ORDERS = """
id = "shop.orders"
[primary_key]
columns = ["id"]
[[columns]]
name = "id"
type = "i64"
[[columns]]
name = "who"
type = "str"
required = true
indexed = true
[[columns]]
name = "price"
type = "f64"
default = 9.5
[[columns]]
name = "paid"
type = "bool"
[[columns]]
name = "mail"
type = "str"
unique = true
"""

ALL_TYPES = """
namespace = "shop"
table = "things"
primary_key = ["id"]
columns = [
  { name = "id", ty = "uuid", generated = true },
  { name = "s", ty = "str" }, { name = "i", ty = "i64" }, { name = "u", ty = "u64" }, { name = "f", ty = "f64" },
  { name = "n", ty = "number" }, { name = "b", ty = "bool" }, { name = "raw", ty = "bytes" },
  { name = "at", ty = "timestamp" }, { name = "day", ty = "date" }, { name = "doc", ty = "json" },
  { name = "secret", ty = "encrypted" }
]
extractions = [{ name = "city", path = "doc.address.city", ty = "str" }]
"""


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of each back end in turn."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """A store without namespaces."""
    opened = open_store(url, tmp_path / "data")
    for name in opened.names():
        opened.delete(name)
    yield opened
    for name in opened.names():
        opened.delete(name)
    opened.close()


@pytest.fixture
def ada(store: Store) -> Namespace:
    """A namespace with one table, `shop.orders`."""
    namespace = store.namespace("ada")
    namespace.write(lambda frame: frame.register(ORDERS))
    return namespace


@pytest.fixture
def ben(store: Store) -> Namespace:
    """A namespace that was never written to."""
    return store.namespace("ben")


@pytest.fixture
def people(store: Store) -> Namespace:
    """A namespace with the table d.people."""
    namespace = store.namespace("ada")
    namespace.write(lambda frame: frame.register(PEOPLE))
    return namespace
