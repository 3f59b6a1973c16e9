"""The fields of a form as HTML: one input each, bound to its label and to what is wrong with it.

Every function gives HTML whose texts are escaped. The id of a field's input is `field-NAME`.
"""

import html
from collections.abc import Mapping
from typing import Any

from oql.people.answers import LONGEST_TEXT

Field = Mapping[str, Any]

_MOST_RADIOS = 7
"""More choices than these are a list to unfold."""

_INPUTS = {
    "text": f'type="text" maxlength="{LONGEST_TEXT}"',
    "email": 'type="email" autocomplete="email" spellcheck="false"',
    "number": 'type="text" inputmode="decimal" class="short"',
    "date": 'type="date" class="short"',
}


def input_id(name: str) -> str:
    """The id of the input, or of the first one of several, so that a link leads there."""
    return f"field-{html.escape(name)}"


def problem_text(problem: str) -> str:
    """A message as a sentence of the page."""
    return html.escape(problem[:1].upper() + problem[1:])


def field_html(field: Field, value: str, problem: str | None) -> str:
    """A field with its label, what was given before, and what is wrong with that."""
    if field["kind"] == "boolean":
        return _radios(field, [("true", "Yes"), ("false", "No")], value, problem)
    if field["kind"] != "choice":
        return _line(field, value, problem)
    choices = [(choice, choice) for choice in field["choices"]]
    return (_radios if len(choices) <= _MOST_RADIOS else _list)(field, choices, value, problem)


def _line(field: Field, value: str, problem: str | None) -> str:
    given = f'{_INPUTS[field["kind"]]} dir="auto" value="{html.escape(value)}"'
    return _group(
        problem,
        f'<label for="{input_id(field["name"])}">{_label(field)}</label>',
        _problem(field, problem),
        f'<input id="{input_id(field["name"])}" {_names(field)} {given}{_state(field, problem)}>',
    )


def _list(field: Field, choices: list[tuple[str, str]], value: str, problem: str | None) -> str:
    options = [("", "Choose one" if field["required"] else "No answer"), *choices]
    return _group(
        problem,
        f'<label for="{input_id(field["name"])}">{_label(field)}</label>',
        _problem(field, problem),
        f'<select id="{input_id(field["name"])}" {_names(field)}{_state(field, problem)}>',
        *(
            f'<option value="{html.escape(given)}"{" selected" if given == value else ""}>{html.escape(shown)}</option>'
            for given, shown in options
        ),
        "</select>",
    )


def _radios(field: Field, choices: list[tuple[str, str]], value: str, problem: str | None) -> str:
    if not field["required"]:
        choices = [*choices, ("", "No answer")]
    return _group(
        problem,
        f"<fieldset{_described(field, problem)}>",
        f"<legend>{_label(field)}</legend>",
        _problem(field, problem),
        *(_radio(field, number, choice, value, problem) for number, choice in enumerate(choices)),
        "</fieldset>",
    )


def _radio(field: Field, number: int, choice: tuple[str, str], value: str, problem: str | None) -> str:
    given, shown = choice
    own = input_id(field["name"]) + (f"-{number}" if number else "")
    checked = " checked" if given == value else ""
    invalid = ' aria-invalid="true"' if problem else ""
    return (
        f'<div class="choice"><input type="radio" id="{own}" {_names(field)} value="{html.escape(given)}"'
        f'{checked}{invalid}><label for="{own}" dir="auto">{html.escape(shown)}</label></div>'
    )


def _group(problem: str | None, *parts: str) -> str:
    lines = "\n".join(part for part in parts if part)
    return f'<div class="{"group wrong" if problem else "group"}">\n{lines}\n</div>'


def _label(field: Field) -> str:
    mark = "required" if field["required"] else "optional"
    return f'<bdi>{html.escape(field["label"])}</bdi> <span class="mark">({mark})</span>'


def _names(field: Field) -> str:
    return f'name="{html.escape(field["name"])}"' + (" required" if field["required"] else "")


def _problem_id(field: Field) -> str:
    return f"problem-{html.escape(field['name'])}"


def _problem(field: Field, problem: str | None) -> str:
    if not problem:
        return ""
    return (
        f'<p class="problem" id="{_problem_id(field)}"><span class="unseen">Error: </span>{problem_text(problem)}</p>'
    )


def _described(field: Field, problem: str | None) -> str:
    return f' aria-describedby="{_problem_id(field)}"' if problem else ""


def _state(field: Field, problem: str | None) -> str:
    return f' aria-invalid="true"{_described(field, problem)}' if problem else ""
