"""What a person is shown: the form of a GATHER and the question of a CONFIRM, as JSON."""

from collections.abc import Callable, Iterable
from typing import Any

from oql.errors import Code, expected
from oql.evaluate import Evaluator, Variables, plain
from oql.values import Value, kind_of, text_form

Form = dict[str, Any]
"""`{"title": text or null, "fields": [Field, ...]}`"""

Question = dict[str, Any]
"""`{"prompt": text}`"""

Field = dict[str, Any]
"""`{"name", "label", "kind", "required"}`, and "choices" where the kind is "choice"."""

LONGEST_LABEL = 1_000
"""Characters of a title, a label and a choice."""

LONGEST_PROMPT = 10_000
"""Characters of a question."""

MOST_CHOICES = 1_000
"""How many choices a field may have."""

_SAYS_SOMETHING = ("text", "number", "boolean")


def fields_evaluator(block: list[list[Any]]) -> Evaluator:
    """What gives the fields of a compiled GATHER, with labels and choices made of the run's variables."""
    makers = [_field_maker(*field) for field in block]
    return lambda variables: [make(variables) for make in makers]


def _field_maker(
    name: str, kind: str, choices: list[Any], label: list[Any], required: bool
) -> Callable[[Variables], Field]:
    label_of, choices_of = plain(label), [plain(choice) for choice in choices]

    def make(variables: Variables) -> Field:
        shown = _text(label_of(variables), f"as the label of `?{name}`", LONGEST_LABEL)
        field: Field = {"name": name, "label": shown, "kind": kind.lower(), "required": required}
        if choices_of:
            field["choices"] = _choices(name, [choice(variables) for choice in choices_of])
        return field

    return make


def _choices(name: str, given: list[Value]) -> list[str]:
    """The choices as texts, each once; an array stands for its elements."""
    found: dict[str, None] = {}
    for value in given:
        for choice in value if isinstance(value, list) else (value,):
            found[_text(choice, f"as a choice of `?{name}`", LONGEST_LABEL)] = None
    if not 1 <= len(found) <= MOST_CHOICES:
        raise expected(Code.TYPE_FAILED, f"from 1 to {MOST_CHOICES:,} choices of `?{name}`", f"{len(found):,}")
    return list(found)


def _text(value: Value, place: str, longest: int) -> str:
    if kind_of(value) not in _SAYS_SOMETHING:
        raise expected(Code.TYPE_FAILED, f"text {place}", kind_of(value))
    text = text_form(value).strip()
    if not 1 <= len(text) <= longest:
        raise expected(Code.TYPE_FAILED, f"from 1 to {longest:,} characters {place}", f"{len(text):,}")
    return text


def form_of(title: str | None, fields: Iterable[Field]) -> Form:
    """The form with a title, or without one. Raises TypeFailed."""
    shown = None if title is None else _text(title, "as the title of a form", LONGEST_LABEL)
    return {"title": shown, "fields": list(fields)}


def question_of(prompt: Value) -> Question:
    """The question that asks for approval. Raises TypeFailed."""
    return {"prompt": _text(prompt, "to ask", LONGEST_PROMPT)}
