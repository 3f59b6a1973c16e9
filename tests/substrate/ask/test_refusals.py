"""What cannot be asked: the refusals say what can, and what may have been meant."""

import json

import pytest
from hypothesis import given, strategies as st

from substrate.ask import FORMS, LONGEST, plan
from substrate.ask.naming import plurals, singulars
from substrate.ask.questions import normalised
from substrate.catalog import Catalog
from substrate.errors import Invalid, NotFound
from substrate.plan import compile as compile_plan
from tests.substrate.ask.tables import ORDERS, SHOP, TWO_SHOPS, catalog_of


def refused(question: str, catalog: Catalog = SHOP) -> Invalid:
    with pytest.raises(Invalid) as caught:
        plan(question, catalog)
    return caught.value


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "expected the beginning of a question, found the end"),
        ("???", "expected the beginning of a question, found the end"),
        ("why", "expected the beginning of a question, found `why`"),
        ("DROP TABLE orders", "expected the beginning of a question, found `drop`"),
        ("howmany orders", "expected the beginning of a question, found `howmany`"),
        ("how many", "expected a name or a value, found the end"),
        ("top orders by total", "expected a number, found `orders`"),
        ("top 5 orders", "expected `by` and a column, found the end"),
        ("last -5 orders", "expected a number, found `-5`"),
        ("last 1.5 orders", "expected a number, found `1.5`"),
        ("total qty", "expected `of` and a table, found the end"),
        ("list orders where", "expected a name, found the end"),
        ("list orders where status", "expected a comparison, found the end"),
        ("list orders where status is", "expected a name or a value, found the end"),
        ("list orders where status is open and", "expected a name, found the end"),
        ("list orders where customer name is Rock and Roll", "expected a comparison, found the end"),
        ("list orders where status is 'open", "expected a name or a value, found `'open`"),
        ("list orders where status is 'open' now", "expected `and` or the end, found `now`"),
        ("list orders over 5", "expected a column between `orders` and `more than`, found nothing"),
        ("how many orders are there", "expected a condition or the end behind `orders`, found `are there`"),
        ("list 'a' 'b' orders", "expected one value, in quotes or not, found `a b`"),
    ],
)
def test_no_form(question: str, message: str) -> None:
    refusal = refused(question)
    assert refusal.message.startswith(f"{message}; what can be asked is `how many X [COND]`; ")
    assert refusal.detail["forms"] == list(FORMS)


@pytest.mark.parametrize(
    ("question", "message", "candidates"),
    [
        ("how many ordrs", "`ordrs` names no table: did you mean `orders`?", ["shop.orders"]),
        ("how many open ordrs", "`open ordrs` names no table: did you mean `orders`?", ["shop.orders"]),
        ("list ordrs totl over 5", "`ordrs totl` names no table: did you mean `orders`?", ["shop.orders"]),
        ("list all shop.oders", "`shop.oders` names no table: did you mean `shop.orders`?", ["shop.orders"]),
        (
            "list unicorns",
            "`unicorns` names no table: the tables are `shop.orders`, `shop.products`, `shop.category`, "
            "`shop.line_items`, `depot.boxes`",
            ["depot.boxes", "shop.category", "shop.line_items", "shop.orders", "shop.products"],
        ),
        ("list orders where totl is 5", "`totl` is not a column of `shop.orders`: did you mean `total`?", ["total"]),
        ("list open orders totl over 5", "`totl` is not a column of `shop.orders`: did you mean `total`?", ["total"]),
        (
            "top 2 products by x",
            "`x` is not a column of `shop.products`: its columns are `sku`, `price`, `unit_cost`",
            ["sku", "price", "unit_cost"],
        ),
        ("total prise of products", "`prise` is not a column of `shop.products`: did you mean `price`?", ["price"]),
    ],
)
def test_unknown_names(question: str, message: str, candidates: list[str]) -> None:
    refusal = refused(question)
    assert refusal.message == message
    assert refusal.detail["candidates"] == candidates


@pytest.mark.parametrize(
    "question", ["list orders", "list open order", "list orders total over 5", "list orders totl is 5"]
)
def test_several_tables_fit(question: str) -> None:
    refusal = refused(question, TWO_SHOPS)
    assert "may be `shop.orders`, `archive.orders`: write the table with its namespace" in refusal.message
    assert refusal.detail["candidates"] == ["shop.orders", "archive.orders"]


def test_the_column_tells_tables_apart_where_nothing_marks_the_condition() -> None:
    other = ORDERS.replace("shop.", "archive.").replace('"qty"', '"weight"')
    assert plan("list orders weight is 1", catalog_of(ORDERS, other)) == {
        "Filter": {"predicate": {"Eq": ["weight", 1]}, "child": {"Scan": {"schema": "archive.orders"}}}
    }


def test_several_columns_fit() -> None:
    twice = ORDERS.replace('"customer_name"', '"q_ty"')
    assert refused("total q-ty of orders", catalog_of(twice)).message == (
        "`q-ty` may be `qty`, `q_ty`: write the column as it is declared"
    )
    assert plan("list orders where q_ty is 1", catalog_of(twice)) == {
        "Filter": {"predicate": {"Eq": ["q_ty", "1"]}, "child": {"Scan": {"schema": "shop.orders"}}}
    }


def test_a_status_needs_a_column() -> None:
    message = (
        "`new` stands before a table as a value of its status, but `shop.products` has no column `status` or `state`"
    )
    assert refused("how many new products").message == message


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("total status of orders", "column `status` is of type str: `total` is for numbers"),
        ("avg due of orders", "column `due` is of type date: `average` is for numbers"),
        ("maximum raw of orders", "column `raw` is of type json, which has no order"),
        ("top 5 orders by card", "column `card` is of type encrypted, which has no order"),
    ],
)
def test_columns_that_cannot_do_it(question: str, message: str) -> None:
    assert refused(question).message == message


def test_unknown_schemas_are_not_found() -> None:
    with pytest.raises(NotFound, match=r"there is no table `shop.order`: did you mean `shop.orders`\?"):
        plan("list orders", SHOP, ["shop.products", "shop.order"])


def test_tables_beyond_the_schemas_are_unknown() -> None:
    with pytest.raises(Invalid, match=r"`orders` names no table: the tables are `shop.products`"):
        plan("list orders", SHOP, ["shop.products"])


def test_no_tables() -> None:
    assert refused("list orders", Catalog()).message == "`orders` names no table: the tables are none"


def test_long_questions_and_texts_that_no_store_holds() -> None:
    plan("list orders" + " " * (LONGEST - 11), SHOP)
    assert refused("list orders" + " " * LONGEST).message == "a question has at most 1,000 characters, this one 1,011"
    assert refused("list \0").message == "a question cannot hold U+0000"
    assert refused("list \ud800").message == "a question cannot hold a lone surrogate"


@pytest.mark.parametrize(
    "question",
    [
        "list " + "a " * 490,
        "list " + "o " * 480 + "over 5",
        "list" + " 'a'" * 240 + " orders",
    ],
)
def test_many_words(question: str) -> None:
    """The nesting of what is read does not grow with the words."""
    with pytest.raises(Invalid) as caught:
        plan(question, SHOP)
    assert len(caught.value.message) < 1_000


def test_a_value_of_many_words() -> None:
    value = " ".join("x" * 450)
    assert plan(f"list orders where status is {value}", SHOP) == {
        "Filter": {"predicate": {"Eq": ["status", value]}, "child": {"Scan": {"schema": "shop.orders"}}}
    }


SAID = (
    "how many count of number top bottom last first list show me total average minimum maximum by asc desc where with"
    " and is not more than less at least over under contains = != > <= the all open 'a b' \" ' “ 5 1,000 -2.5"
    " 2024-01-01 null true orders order shop.orders products categories line items boxes status qty price cost created"
    " at card raw , ? _ - ."
)
phrases = st.lists(st.sampled_from(SAID.split()), max_size=14).map(" ".join)
beginnings = st.sampled_from(["how many", "list", "last 3", "top 2 orders by", "total qty of", "list orders where", ""])
questions = st.text(max_size=60) | phrases | st.builds("{} {}".format, beginnings, phrases | st.text(max_size=40))


@given(questions)
def test_any_text_has_a_plan_that_compiles_or_is_refused(question: str) -> None:
    try:
        found = plan(question, SHOP)
    except Invalid:
        return
    assert json.loads(json.dumps(found)) == found
    compile_plan(found, SHOP, "sqlite")
    compile_plan(found, SHOP, "postgres")


@given(questions)
def test_a_normalised_question_is_normal(question: str) -> None:
    try:
        once = normalised(question)
    except Invalid:
        return
    assert normalised(once) == once


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_a_plural_has_its_singular(word: str) -> None:
    assert all(word in set(singulars(plural)) for plural in plurals(word))


@pytest.mark.parametrize(
    ("word", "plural"),
    [("order", ["orders"]), ("category", ["categories"]), ("key", ["keys"]), ("box", ["boxes"]),
     ("status", ["statuses"]), ("branch", ["branches"]), ("photo", ["photoes", "photos"])],
)  # fmt: skip
def test_regular_plurals(word: str, plural: list[str]) -> None:
    assert list(plurals(word)) == plural
