"""Conditions of chains: what they say, and what they refuse."""

import pytest
from hypothesis import given, strategies as st

from chains.conditions import MOST_NESTED, condition
from chains.references import Scope
from oql.errors import Code, OqlError

VARIABLES = {
    "score": "8",
    "half": "7.5",
    "verdict": "a good one",
    "empty": "",
    "no": "false",
    "zero": "0",
    "blank": "  ",
    "quote": 'say "hi"',
    "tricky": '" == "" || "1',
    "person": '{"name": "Ada", "age": 36}',
}


def holds(text: str) -> bool:
    return condition(text).holds(Scope(VARIABLES))


@pytest.mark.parametrize(
    "text",
    [
        "{score}",
        "{score} == 8",
        "{score}==8",
        "8 == {score}",
        "{score} >= 8",
        "{half} < {score}",
        "{score} != 9",
        "{score} > 7 && {half} > 7",
        "{score} > 9 || {half} > 7",
        "({score} > 9 || {half} > 7) && {verdict}",
        "!{no}",
        "!{empty}",
        "! {zero}",
        "!!{score}",
        "!{blank}",
        "!{score} == 9",
        "!({score} == 9 || {score} == 10)",
        '{verdict} contains "good"',
        "{verdict} contains good",
        "{verdict} == a good one",
        "{verdict} == 'a good one'",
        '{verdict} == "  a good one "',
        '{quote} == "say \\"hi\\""',
        "{verdict}!=x",
        "containser == containser",
        "{person.name} == Ada",
        "{person.age} >= 36",
        "{unknown} == {unknown}",
        "{unknown}",
        "{unknown|ready} == ready",
        '"{score}{half}" == 87.5',
        "{score} {half} == '8 7.5'",
        "false == false",
        "wow! == wow!",
        "1e1 == 1e1",
        "1e1 >= 10",
    ],
)
def test_it_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "{empty}",
        "{no}",
        "{zero}",
        "false",
        "{score} == 9",
        "{score} > 9 || {half} > 9",
        "{score} > 7 && {half} > 8",
        "{verdict} contains Good",
        "{verdict} > 3",
        "3 < {verdict}",
        "{unknown} == x",
        "{tricky} == 1",
        "!{score}",
        "!{score} == 8",
    ],
)
def test_it_does_not_hold(text: str) -> None:
    assert not holds(text)


def test_a_value_never_changes_the_question() -> None:
    scope = Scope({"a": '1" || "1" == "1', "b": "{c}", "c": "1"})
    assert not condition("{a} == 2").holds(scope)
    assert condition('{b} == "\\{c}"').holds(scope) is False
    assert not condition("{b} == 1").holds(scope)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ends where a value"),
        ("   ", "ends where a value"),
        ("{a} ==", "ends where a value"),
        ("{a} && ", "ends where a value"),
        ("({a}", "ends where a value"),
        ("{a} == == 1", "column 8, before `==`"),
        ("&& {a}", "column 1, before `&&`"),
        ("{a})", "column 4, before `)`"),
        ('"open', 'column 1, before `"open`'),
        ('"a" "b"', 'column 5, before `"b"`'),
        ("{a} == 1 == 2", "column 10, before `==`"),
    ],
)
def test_it_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(OqlError) as refused:
        condition(text)
    assert refused.value.code is Code.PARSE_ERROR
    assert said in refused.value.message


def test_depth_is_bounded() -> None:
    assert condition("!(" * (MOST_NESTED - 1) + "x" + ")" * (MOST_NESTED - 1))
    with pytest.raises(OqlError, match="nests more than"):
        condition("!(" * 2_000 + "x" + ")" * 2_000)


@given(st.text(alphabet="{}ab|&!=<> ()\"\\'.contains\n", max_size=30))
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        found = condition(text)
    except OqlError:
        return
    found.holds(Scope({"a": "1"}))


def test_what_it_asks_for_is_known() -> None:
    asked = condition('{a} == "{b.c}" || !({d|x} > 1)').references
    assert [each.name for each in asked] == ["a", "b.c", "d"]
