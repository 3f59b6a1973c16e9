"""Whatever text comes: it is refused or it is a statement, soon, and on both engines the same one."""

import json
import re
import threading
from typing import Any

import pytest
from hypothesis import given, strategies as st

from substrate.engine import DialectName
from substrate.errors import Invalid
from substrate.sql import Select, check
from tests.fuzz.dose import dose
from tests.substrate.sql.pages import FOLDER, cases
from tests.substrate.sql.shop import Shop, catalog

SHOP = catalog()
TEXTS = [case.text for page in sorted(FOLDER.glob("*.txt")) for case in cases(page.stem)]
WORDS = sorted({word for text in TEXTS for word in re.findall(r"\w+|'[^']*'|[^\w\s]", text)})
DIALECTS: tuple[DialectName, ...] = ("sqlite", "postgres")

garbled = st.builds(
    lambda text, place, words, length: " ".join(
        (parts := re.findall(r"\w+|'[^']*'|\S", text))[: place % (len(parts) + 1)]
        + words
        + parts[place % (len(parts) + 1) + length :]
    ),
    st.sampled_from(TEXTS),
    st.integers(0, 200),
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.integers(0, 3),
)
"""Statements of the pages with a few words replaced, put in, or left out."""


def written(text: str) -> None:
    """Checks a text, and writes it for both engines where it is a SELECT."""
    checked = check(text, SHOP)
    if isinstance(checked, Select):
        for dialect in DIALECTS:
            statement = checked.statement([1] * checked.parameters, dialect)
            assert statement.sql.count("?") == len(statement.params)
            assert not re.search(r"[;\0]|--|/\*", statement.sql)


def refusal(text: str) -> Invalid | None:
    """What a text is refused with; whatever else comes out fails the test."""
    try:
        written(text)
    except Invalid as refused:
        return refused
    return None


@dose(300)
@given(st.one_of(st.text(max_size=60), garbled, st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)))
def test_only_refusals_come_out(text: str) -> None:
    refused = refusal(text)
    if refused:
        position = refused.detail.get("position", 0)
        assert refused.message
        assert isinstance(position, int)
        assert 0 <= position <= len(text)


@dose(150)
@given(text=garbled)
def test_both_engines_answer_alike(text: str, shops: dict[str, Shop]) -> None:
    def answer(shop: Shop) -> Any:
        try:
            rows = shop.rows(text, [1] * parameters)
        except Invalid:
            return "refused"
        return len(rows) if re.search("limit|offset", text, re.I) else sorted(map(json.dumps, rows))

    try:
        checked = check(text, SHOP)
    except Invalid:
        return
    if isinstance(checked, Select):
        parameters = checked.parameters
        assert answer(shops["sqlite"]) == answer(shops["postgres"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
        "SELECT " + "f(" * 5_000 + "1" + ")" * 5_000,
        "SELECT " + "NOT " * 15_000 + "true",
        "SELECT " + "- " * 30_000 + "1",
        "SELECT " + "1 + " * 15_000 + "1",
        "SELECT " + "'a' || " * 9_000 + "'a'",
        "SELECT " + "1 = " * 15_000 + "1",
        "SELECT 1" + "::int" * 10_000,
        "SELECT " + "CASE WHEN true THEN " * 2_000 + "1" + " END" * 2_000,
        "SELECT 1 WHERE true" + " AND true" * 6_000,
        "SELECT 1 WHERE 1 IN (" + "1, " * 20_000 + "1)",
        "SELECT " + "1," * 30_000 + "1",
        "SELECT 1" + " UNION SELECT 1" * 4_000,
        "SELECT " * 9_000,
        "SELECT 1 FROM " + "(SELECT 1 FROM " * 3_000,
        "SELECT '" + "x" * 70_000,
        "SELECT x" + ".x" * 30_000,
        "SELECT " + "\N{GRINNING FACE}" * 20_000,
        "((((" * 15_000,
        "WITH " + "a AS (SELECT 1), " * 3_000 + "b AS (SELECT 1) SELECT 1",
    ],
    ids=lambda text: text[:24],
)
def test_no_text_takes_for_ever(text: str) -> None:
    """None of these ends in anything but an answer or a refusal, and none hangs."""
    ended = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            written(text)
        except Invalid:
            pass
        except BaseException as error:  # noqa: BLE001 -- what it is goes to the test
            failed.append(error)
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    assert ended.wait(60)
    assert failed == []
