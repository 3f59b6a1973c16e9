"""Plans and SQL statements on the same rows give the same on both back ends."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given

from substrate.errors import StoreError
from tests.fuzz.dose import dose
from tests.substrate.mirror.namespace import MirrorNamespace
from tests.substrate.mirror.store import MirrorStore
from tests.substrate.plan.test_random import TEXTS, Growing, cases as plan_cases
from tests.substrate.sql.pages import FOLDER, Case, cases
from tests.substrate.sql.shop import MANIFESTS, ROWS

PAGES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.fixture(scope="module")
def shop(mirror: MirrorStore) -> MirrorNamespace:
    """The shop that the pages of statements ask about."""
    namespace = mirror.namespace("shop_of_pages")
    with namespace.transaction() as frame:
        for text in MANIFESTS:
            frame.register(text)
        for table, rows in ROWS.items():
            frame.put_many(table, rows)
    return namespace


@pytest.mark.parametrize("page", PAGES)
def test_pages(page: str, shop: MirrorNamespace) -> None:
    for case in cases(page):
        ask(case, shop)


def ask(case: Case, shop: MirrorNamespace) -> None:
    """The answer, in the order that the page says, or a refusal where it says one."""
    try:
        rows = shop.sql(case.text, case.params).get("rows")
    except StoreError:
        assert case.rows is None, case
        return
    assert case.rows is not None, case
    assert case.any_order or texts(rows) == texts(case.rows), case


def texts(rows: list[dict[str, Any]]) -> list[str]:
    """Rows as text, so that `1` and `1.0` are told apart."""
    return [json.dumps(row) for row in rows]


@pytest.fixture(scope="module")
def plain(mirror: MirrorStore) -> MirrorNamespace:
    """The tables of random plans."""
    namespace = mirror.namespace("random_plans")
    with namespace.transaction() as frame:
        for text in TEXTS.values():
            frame.register(text)
    return namespace


@dose(40)
@given(case=plan_cases())
def test_random_plans(plain: MirrorNamespace, case: tuple[dict[str, Any], Growing]) -> None:
    rows, grown = case
    with plain.transaction() as frame:
        for name in TEXTS:
            frame.purge(name, None)
            frame.put_many(name, rows[name])
        frame.query(grown.plan)
    plain.query(grown.plan)
    plain.explain(grown.plan)
    with contextlib.suppress(StoreError):  # a number has no parts of a text, once it is compared as programs do
        plain.query(grown.plan, coerce=True)
