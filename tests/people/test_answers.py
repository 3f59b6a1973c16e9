"""Answers checked against their form: the typed values, and the messages about all others."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from oql.people.answers import KINDS, check_answers, check_decision
from tests.fuzz.dose import dose
from tests.people.shown import FORM

GOOD = {"name": "Ada", "mail": "ada@example.com", "count": 2, "gift": True, "size": "M"}


def field(kind: str, *, required: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"name": "f", "label": "F", "kind": kind, "required": required}
    return made | ({"choices": ["red", "3"]} if kind == "choice" else {})


def check(kind: str, value: Any, *, required: bool = False) -> tuple[Any, str | None]:
    values, problems = check_answers({"title": None, "fields": [field(kind, required=required)]}, {"f": value})
    assert ("f" in values) != ("f" in problems)
    return values.get("f"), problems.get("f")


def test_a_form_answered_as_json() -> None:
    values, problems = check_answers(FORM, GOOD)
    assert problems == {}
    assert values == {**GOOD, "day": None, "news": None, "country": None}


def test_a_form_answered_from_its_page() -> None:
    posted = {
        "name": "Ada",
        "mail": " ada@example.com ",
        "count": " 2 ",
        "gift": "true",
        "news": "",
        "day": "2026-02-03",
        "size": "M",
        "country": "",
    }
    values, problems = check_answers(FORM, posted)
    assert problems == {}
    assert values == {**GOOD, "day": "2026-02-03", "news": None, "country": None}


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("text", " two\r\nlines ", " two\nlines "),
        ("text", "a\rb\r\nc\n\rd", "a\nb\nc\n\nd"),
        ("text", "x" * 10_000, "x" * 10_000),
        ("email", "a.b+c@mail.example.co.uk", "a.b+c@mail.example.co.uk"),
        ("email", "käthe@bücher.example", "käthe@bücher.example"),
        ("number", 3, 3),
        ("number", "-0.5", -0.5),
        ("number", "1e3", 1000),
        ("number", 2.0, 2),
        ("number", 0, 0),
        ("date", " 2024-02-29 ", "2024-02-29"),
        ("boolean", False, False),
        ("boolean", "on", True),
        ("boolean", "No", False),
        ("choice", "red", "red"),
        ("choice", 3, "3"),
    ],
)
def test_what_is_an_answer(kind: str, given: Any, value: Any) -> None:
    found, problem = check(kind, given, required=True)
    assert problem is None
    assert found == value
    assert type(found) is type(value)


WANTED = {
    "text": "text of at most 10,000 characters",
    "email": "an email address such as ada@example.com",
    "number": "a number such as 12.5",
    "date": "a date such as 2026-01-31",
    "boolean": "yes or no",
    "choice": "one of the choices",
}


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        ("text", "x" * 10_001, "10,001 characters"),
        ("text", 3, "the number 3"),
        ("text", "a\0b", "something that is not a character"),
        ("text", "\ud800", "something that is not a character"),
        ("text", ["a", "b"], "an array"),
        ("email", "ada", '"ada"'),
        ("email", "ada@example", '"ada@example"'),
        ("email", "ada@.example.com", '"ada@.example.com"'),
        ("email", "a..b@example.com", '"a..b@example.com"'),
        ("email", "a b@example.com", '"a b@example.com"'),
        ("email", "a@b.example, c@d.example", '"a@b.example, c@d.example"'),
        ("email", f"{'a' * 65}@example.com", "77 characters"),
        ("email", "a\n@example.com", '"a\n@example.com"'),
        ("number", "three", '"three"'),
        ("number", "1,5", '"1,5"'),
        ("number", "inf", '"inf"'),
        ("number", True, "boolean"),
        ("number", float("nan"), "no finite number"),
        ("text", float("inf"), "no finite number"),
        ("choice", float("-inf"), "no finite number"),
        ("number", [], "an array"),
        ("date", {}, "an object"),
        ("date", "2026-02-30", '"2026-02-30"'),
        ("date", "20260201", '"20260201"'),
        ("date", "1.2.2026", '"1.2.2026"'),
        ("date", 2026, "the number 2026"),
        ("boolean", "maybe", '"maybe"'),
        ("boolean", 1, "the number 1"),
        ("choice", "Red", '"Red"'),
        ("choice", True, "boolean"),
        ("choice", {"a": 1}, "an object"),
    ],
)
def test_what_is_no_answer(kind: str, given: Any, found: str) -> None:
    _, problem = check(kind, given)
    assert problem is not None
    assert problem.startswith(f"expected {WANTED[kind]}, found ")
    assert found in problem


@pytest.mark.parametrize("kind", list(WANTED))
@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_an_empty_answer(kind: str, given: Any) -> None:
    assert check(kind, given) == (None, None)
    wanted = "" if kind == "text" else f": {WANTED[kind]}"
    assert check(kind, given, required=True) == (None, f"an answer is required{wanted}")


def test_every_kind_is_tested() -> None:
    assert {kind.upper(): wanted for kind, wanted in WANTED.items()} == {
        name: kind.wanted for name, kind in KINDS.items()
    }


def test_every_problem_is_named_at_once() -> None:
    values, problems = check_answers(FORM, {"name": "Ada", "mail": "ada", "Count": 2, "size": "M", "rest": 1})
    assert values == {"name": "Ada", "day": None, "news": None, "size": "M", "country": None}
    assert problems == {
        "mail": 'expected an email address such as ada@example.com, found "ada"',
        "count": "an answer is required: a number such as 12.5",
        "gift": "an answer is required: yes or no",
        "Count": "not a field of the form; did you mean `count`?",
        "rest": "not a field of the form",
    }


def test_many_unknown_fields_do_not_make_a_long_answer() -> None:
    _, problems = check_answers({"title": None, "fields": []}, {f"{number}{'x' * 1000}": 1 for number in range(1000)})
    assert len(problems) == 20
    assert max(map(len, problems)) == 60


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@dose(200)
@given(st.dictionaries(st.sampled_from(["name", "mail", "count", "day", "gift", "size", "x"]), JSON))
def test_anything_is_either_an_answer_or_a_problem(fields: dict[str, Any]) -> None:
    values, problems = check_answers(FORM, fields)
    named = {each["name"] for each in FORM["fields"]}
    assert set(values) | set(problems) >= named
    assert not set(values) & set(problems)
    assert all(len(problem) < 250 for problem in problems.values())


@pytest.mark.parametrize(
    ("fields", "decision"),
    [
        ({"approved": True}, {"approved": True, "reason": None}),
        ({"approved": "false", "reason": " too\r\nsoon "}, {"approved": False, "reason": "too\nsoon"}),
        ({"approved": True, "reason": "a\rb\r"}, {"approved": True, "reason": "a\nb"}),
        ({"approved": "true", "reason": " "}, {"approved": True, "reason": None}),
    ],
)
def test_a_decision(fields: dict[str, Any], decision: dict[str, Any]) -> None:
    assert check_decision(fields) == (decision, {})


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({}, {"approved": "an answer is required: yes or no"}),
        ({"approved": "perhaps"}, {"approved": 'expected yes or no, found "perhaps"'}),
        ({"approved": 1}, {"approved": "expected yes or no, found the number 1"}),
        (
            {"approved": False, "reason": 3},
            {"reason": "expected text of at most 1,000 characters, found the number 3"},
        ),
        (
            {"approved": False, "reason": "x" * 1_001},
            {"reason": "expected text of at most 1,000 characters, found 1,001 characters"},
        ),
        ({"approved": True, "fields": {}}, {"fields": "not a field of the form"}),
    ],
)
def test_no_decision(fields: dict[str, Any], problems: dict[str, str]) -> None:
    assert check_decision(fields)[1] == problems
