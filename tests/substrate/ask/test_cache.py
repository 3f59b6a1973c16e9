"""Plans are made once for a text and a state of the tables."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from substrate.ask import asked
from substrate.errors import Invalid
from tests.substrate.ask.tables import BOXES, ORDERS, catalog_of


def test_the_same_question_is_a_hit() -> None:
    catalog = catalog_of(ORDERS)
    first = asked("how many orders?", catalog)
    again = asked("  How Many   orders", catalog)
    assert (first.cache, again.cache) == ("miss", "hit")
    assert first.plan == again.plan


def test_what_is_in_quotes_tells_questions_apart() -> None:
    catalog = catalog_of(ORDERS)
    for value in ("a b", "a  b", "A b"):
        found = asked(f"list orders where status is '{value}'", catalog)
        assert found.cache == "miss"
        assert found.plan["Filter"]["predicate"] == {"Eq": ["status", value]}


def test_other_tables_or_other_schemas_are_a_miss() -> None:
    catalog = catalog_of(ORDERS, BOXES)
    assert asked("list orders", catalog).cache == "miss"
    assert asked("list orders", catalog, ["shop.orders"]).cache == "miss"
    assert asked("list orders", catalog, ["depot.boxes", "shop.orders"]).cache == "miss"
    assert asked("list orders", catalog, ["shop.orders", "depot.boxes", "shop.orders"]).cache == "hit"
    assert asked("list orders", catalog_of(ORDERS, BOXES)).cache == "miss"


def test_refusals_are_made_anew() -> None:
    catalog = catalog_of(ORDERS)
    for _ in range(2):
        with pytest.raises(Invalid):
            asked("list unicorns", catalog)


def test_plans_go_with_their_tables() -> None:
    catalog = catalog_of(ORDERS)
    asked("list orders", catalog)
    gone = weakref.ref(catalog)
    del catalog
    gc.collect()
    assert gone() is None


def test_threads_ask_at_once() -> None:
    catalog = catalog_of(ORDERS)
    texts = [f"list {n % 20} orders where qty over {n % 20}" for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: asked(text, catalog).plan, texts))
    assert [plan["Limit"]["n"] for plan in found] == [n % 20 for n in range(400)]
