"""GATHER and CONFIRM: what they show, what they bind, and how they fail."""

from typing import Any

import pytest

from oql.errors import OqlError, ProgramError
from oql.people.forms import LONGEST_LABEL, LONGEST_PROMPT, MOST_CHOICES
from oql.program import load
from tests.people.asking import asked_by, failure_of, run


def form(field: str) -> str:
    return f"GATHER OPEN NEST {field} CLOSE NEST"


def approve(_kind: str, _shown: dict[str, Any]) -> dict[str, Any]:
    return {"approved": True, "reason": "fine"}


def nobody(_kind: str, _shown: dict[str, Any]) -> dict[str, Any]:
    raise AssertionError("nobody is to be asked")


def test_a_form_is_shown_with_the_variables_of_the_run() -> None:
    text = form('?n FORMAT NUMBER AS "Age of " & ?who AND ?c FORMAT CHOICE ?cs AND 3 AS "C" FORMAT REQUIRED')
    assert asked_by(f'{text} WITH ?who & "?"', {"who": "Ada", "cs": ["red", "green"]}) == {
        "kind": "gather",
        "title": "Ada?",
        "fields": [
            {"name": "n", "label": "Age of Ada", "kind": "number", "required": False},
            {"name": "c", "label": "C", "kind": "choice", "required": True, "choices": ["red", "green", "3"]},
        ],
    }


def test_a_form_needs_no_title() -> None:
    assert asked_by(form('?a FORMAT TEXT AS "A"'))["title"] is None


def test_a_choice_that_stands_twice_is_shown_once() -> None:
    assert asked_by(form('?a FORMAT CHOICE "x" AND "y" AND "x" AS "A"'))["fields"][0]["choices"] == ["x", "y"]


def test_answers_are_bound_to_the_variables_of_the_form_and_to_set() -> None:
    text = form('?a FORMAT NUMBER AS "A" AND ?b FORMAT BOOLEAN AS "B"')
    outcome = run(f"{text} SET ?all AFTER RETURN ?all", lambda *_: {"a": 2.5, "b": None}, {"b": "before"})
    assert outcome.result == {"a": 2.5, "b": None}
    assert outcome.variables["a"] == 2.5
    assert outcome.variables["b"] is None


def test_each_branch_of_a_group_binds_its_own_variables() -> None:
    left, right = form('?a FORMAT TEXT AS "A"'), form('?b FORMAT TEXT AS "B"')
    outcome = run(
        f"{left} AND {right} AFTER RETURN ?a & ?b",
        lambda _kind, shown: {field["name"]: field["label"] for field in shown["fields"]},
    )
    assert outcome.result == "AB"


def test_a_form_that_was_not_needed_leaves_its_variables_skipped() -> None:
    outcome = run(f"EMIT 1 OR {form('?a FORMAT TEXT AS 1')} AFTER EMIT ?a", nobody)
    assert (outcome.error, outcome.result) == (None, 1)


def test_a_question_is_text() -> None:
    assert asked_by('CONFIRM "Send " & 3 & "?"') == {"kind": "confirm", "prompt": "Send 3?"}


def test_an_approval_goes_on() -> None:
    assert run('CONFIRM "go?" SET ?ok AFTER RETURN ?ok', approve).result is True


@pytest.mark.parametrize(("reason", "message"), [("too soon", "rejected: too soon"), (None, "rejected")])
def test_a_rejection_fails_and_says_why(reason: str | None, message: str) -> None:
    error = failure_of('CONFIRM "go?" AFTER EMIT 1', lambda *_: {"approved": False, "reason": reason})
    assert (error.code, error.message, error.final) == ("ConfirmRejected", message, False)


def test_or_catches_a_rejection() -> None:
    outcome = run('CONFIRM "go?" AFTER EMIT 1 OR EMIT !ERROR(code)', lambda *_: {"approved": False, "reason": None})
    assert outcome.result == "ConfirmRejected"


def test_a_multivariable_asks_once_a_branch() -> None:
    seen: list[str] = []

    def ask(_kind: str, shown: dict[str, Any]) -> dict[str, Any]:
        seen.append(shown["prompt"])
        return {"approved": True, "reason": None}

    assert run('UPPER "a" SET ?m AND UPPER "b" SET ?m AFTER CONFIRM ?m', ask).error is None
    assert sorted(seen) == ["A", "B"]


@pytest.mark.parametrize("text", [form('?a FORMAT TEXT AS "A"'), 'CONFIRM "go?"'])
def test_a_run_that_cannot_wait_says_so(text: str) -> None:
    assert failure_of(text).code == "Unsupported"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (form("?a FORMAT TEXT AS null"), "expected text as the label of `?a`, found null"),
        (form('?a FORMAT TEXT AS " "'), "expected from 1 to 1,000 characters as the label of `?a`, found 0"),
        (form('?a FORMAT CHOICE ?none AS "A"'), "expected from 1 to 1,000 choices of `?a`, found 0"),
        (form('?a FORMAT CHOICE ?many AS "A"'), "expected from 1 to 1,000 choices of `?a`, found 1,001"),
        (form('?a FORMAT CHOICE ?deep AS "A"'), "expected text as a choice of `?a`, found array"),
        (form("?a FORMAT TEXT AS ?long"), "expected from 1 to 1,000 characters as the label of `?a`, found 10,001"),
        (form('?a FORMAT TEXT AS "A"') + " WITH ?long", "expected from 1 to 1,000 characters as the title of a form"),
        (form('?a FORMAT TEXT AS "A"') + " ON 0", "expected more than 0 seconds behind ON, found the number 0"),
        (form('?a FORMAT TEXT AS "A"') + ' ON "soon"', "expected a duration behind ON, found the text"),
        ('CONFIRM "go?" ON -1', "expected more than 0 seconds behind ON, found the number -1"),
        ("CONFIRM ?none", "expected text to ask, found array"),
        ("CONFIRM ?long", "expected from 1 to 10,000 characters to ask, found 10,001"),
    ],
)
def test_what_cannot_be_asked(text: str, message: str) -> None:
    many = [str(number) for number in range(MOST_CHOICES + 1)]
    variables = {"none": [], "many": many, "deep": [["x"]], "long": "x" * (LONGEST_PROMPT + 1)}
    assert LONGEST_LABEL < LONGEST_PROMPT
    error = failure_of(text, nobody, variables)
    assert error.code == "TypeFailed"
    assert error.message.startswith(message)


@pytest.mark.parametrize(
    ("field", "message", "hint"),
    [
        ('?a FORMAT NUMBR AS "A"', "`NUMBR` is not a kind of field", "did you mean `NUMBER`?"),
        ('?a FORMAT email AS "A"', "`email` is not a kind of field", "did you mean `EMAIL`?"),
        (
            '?a FORMAT PHONE AS "A"',
            "`PHONE` is not a kind of field",
            "FORMAT takes TEXT, EMAIL, NUMBER, DATE, BOOLEAN or CHOICE",
        ),
        ('?a FORMAT "text" AS "A"', 'expected a kind of field such as TEXT, found `"text"`', None),
        (
            '?a FORMAT CHOICE AS "A"',
            "expected choices behind `CHOICE`, found none",
            'list them: CHOICE "red" AND "green" AS "Colour"',
        ),
        ('?a FORMAT TEXT "x" AS "A"', "a value is not allowed behind `TEXT`", "choices stand behind CHOICE"),
        (
            '?a FORMAT TEXT AS "A" AND ?a FORMAT DATE AS "B"',
            "`?a` stands twice in the form",
            "give each field a variable of its own",
        ),
        ('?a(x) FORMAT TEXT AS "A"', "a selector is not allowed on the variable of a field", None),
    ],
)
def test_a_form_that_is_wrong_as_it_stands(field: str, message: str, hint: str | None) -> None:
    with pytest.raises(ProgramError) as caught:
        load(form(field))
    (error,) = caught.value.errors
    assert error.code == "ParseError"
    assert error.message == message
    assert hint is None or error.hint == hint


def test_all_that_is_wrong_with_a_program_is_said_at_once() -> None:
    with pytest.raises(ProgramError) as caught:
        load(f"{form('?a FORMAT EMAL AS 1')} EMIT ?x AFTER {form('?b FORMAT CHOICE AS 1')}")
    assert [type(error) for error in caught.value.errors] == [OqlError, OqlError]
    assert [error.message.split()[0] for error in caught.value.errors] == ["`EMAL`", "expected"]
