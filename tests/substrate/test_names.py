"""The names of the store: what may be one, and which two cannot stand side by side."""

from collections.abc import Callable

import pytest

from substrate import names
from substrate.errors import Invalid

HOSTILE = ["", " ", "a b", "a/b", "../a", "a\0", "a\n", "\ud800", "é", "a;drop table a", '"', "x" * 1_000_000]


def table(name: str) -> str:
    return names.identifier(name, "a table")


def text_field(name: str) -> str:
    return names.search_name(name, "a field")


@pytest.mark.parametrize("check", [names.tenant, names.column, table, text_field])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_are_refused_in_few_words(check: Callable[[str], str], hostile: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(hostile)
    assert len(refused.value.message) < 500
    assert refused.value.message.isascii()


@pytest.mark.parametrize("name", ["a", "01HW7G5JZ", "-", "_", "x" * 64])
def test_a_tenant_has_1_to_64_letters_digits_lines_and_hyphens(name: str) -> None:
    assert names.tenant(name) == name
    with pytest.raises(Invalid, match="no name of a tenant"):
        names.tenant("x" * 65)
    with pytest.raises(Invalid):
        names.tenant("a.b")


@pytest.mark.parametrize("name", ["a", "_", "Order_2", "x" * 63, "_oc", "sqlite_x", "select"])
def test_an_identifier_begins_with_a_letter_or_line_and_has_at_most_63(name: str) -> None:
    assert table(name) == name


@pytest.mark.parametrize("name", ["x" * 64, "2a", "a-b", "a.b"])
def test_other_identifiers_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="no name of a table"):
        table(name)


@pytest.mark.parametrize("name", ["_oc_row_version", "_oc_", "_OC_x"])
def test_names_of_the_store_itself_are_reserved(name: str) -> None:
    with pytest.raises(Invalid, match="reserved") as refused:
        names.column(name)
    assert refused.value.detail == {"column": name}


def test_a_schema_id_is_namespace_dot_table() -> None:
    found = names.schema_id("shop.orders")
    assert (found.namespace, found.table, str(found)) == ("shop", "orders", "shop.orders")
    assert f"{found}" == "shop.orders"


@pytest.mark.parametrize("text", ["", "shop", "shop.", ".orders", "a.b.c", "a. b", "_oc_.x", "a._oc_x"])
def test_other_schema_ids_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        names.schema_id(text)


def test_search_names_may_hold_dots_and_hyphens() -> None:
    assert text_field("tsdemo.products-2" + "x" * 111) == "tsdemo.products-2" + "x" * 111
    with pytest.raises(Invalid, match="128"):
        text_field("x" * 129)


def test_the_id_of_a_document_is_any_text_of_1_to_512_characters() -> None:
    for good in ("a", "k/1 x", "é\n", "x" * 512):
        assert names.document_id(good) == good
    for bad in ("", "x" * 513, "a\0", "\udfff"):
        with pytest.raises(Invalid):
            names.document_id(bad)


def test_names_that_differ_in_case_alone_clash() -> None:
    assert names.clash(["id", "Qty", "qty"]) == ("Qty", "qty")
    assert names.clash(["a", "a"]) == ("a", "a")
    assert names.clash(["shop.a", "Shop.b"]) is None
