"""Where in a statement something stands, and refusals that say so."""

from sqlglot import exp

from substrate.errors import Invalid

AT = "at"
"""Under this name the meta data of a node has its place, where sqlglot itself notes none."""


def invalid_at(text: str, position: int, message: str, before: int = 0, /, **detail: object) -> Invalid:
    """The refusal of what stands at a position, an offset in code points: message and detail name the place.

    `before`: how many characters of the text are not the caller's own.
    """
    text, position = text[before:], max(position - before, 0)
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return Invalid(f"line {line}, column {column}: {message}", position=position, **detail)


def position_of(node: exp.Expr) -> int:
    """Where a node begins; where that is not known, what stands nearest around it."""
    around: exp.Expr | None = node
    while around is not None:
        places = (each.meta.get("start", each.meta.get(AT)) for each in around.walk())
        found = [place for place in places if place is not None]
        if found:
            return int(min(found))
        around = around.parent
    return 0
