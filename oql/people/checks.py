"""What is wrong with the form of a GATHER, as far as its text tells."""

from collections.abc import Iterator

from oql import ast
from oql.errors import Code, OqlError, expected, not_allowed


def form_errors(form: ast.Fields) -> Iterator[OqlError]:
    """The static errors of a form; what its labels and choices come to is seen when it is asked."""
    seen: set[str] = set()
    for field in form.fields:
        name, place = field.variable.name, field.variable.span
        if field.variable.path:
            yield not_allowed(Code.PARSE_ERROR, "a selector", "on the variable of a field", place)
        elif name in seen:
            hint = "give each field a variable of its own"
            yield OqlError(Code.PARSE_ERROR, f"`?{name}` stands twice in the form", place, hint)
        seen.add(name)
        yield from _choice_errors(field)


def _choice_errors(field: ast.Field) -> Iterator[OqlError]:
    if field.kind == "CHOICE" and not field.choices:
        hint = 'list them: CHOICE "red" AND "green" AS "Colour"'
        yield expected(Code.PARSE_ERROR, "choices behind `CHOICE`", "none", field.span, hint)
    elif field.choices and field.kind != "CHOICE":
        place, hint = field.choices[0].span, "choices stand behind CHOICE"
        yield not_allowed(Code.PARSE_ERROR, "a value", f"behind `{field.kind}`", place, hint)
