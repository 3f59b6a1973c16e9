"""What is wrong with a WHERE that names columns, as far as its text tells: the store compares columns in few ways."""

from collections.abc import Iterator

from oql import ast
from oql.conditions import OPERATORS
from oql.errors import Code, OqlError, expected, not_allowed
from oql.walk import conditions_of

_INSTEAD = {
    "matches": "write CONTAINS, STARTS WITH or ENDS WITH, or test the rows that QUERY gives with IF",
    "identical": "write IS EQUAL TO: all values of a column are of its type",
    "not-identical": "write IS NOT EQUAL TO: all values of a column are of its type",
}
_PARTS = ("contains", "starts", "ends")


def where_errors(condition: ast.Condition | ast.Operand) -> Iterator[OqlError]:
    """The static errors of a condition on the columns of a table."""
    for part in conditions_of(condition):
        if isinstance(part, ast.Truth):
            hint = "write `column IS EQUAL TO value`"
            yield expected(Code.PARSE_ERROR, "a comparison", "the end of the condition", part.span, hint)
        elif isinstance(part, ast.Comparison):
            yield from _comparison_errors(part)


def _comparison_errors(found: ast.Comparison) -> Iterator[OqlError]:
    operator, span = OPERATORS[found.operator], found.operator_span
    left, right = isinstance(found.left, ast.Word), isinstance(found.right, ast.Word)
    if operator.some_only:
        yield not_allowed(Code.PARSE_ERROR, f"`{found.operator}`", "inside WHERE", span)
    elif operator.name in _INSTEAD and (left or right):
        hint = _INSTEAD[operator.name]
        yield not_allowed(Code.PARSE_ERROR, f"`{found.operator}` on a column", "inside WHERE", span, hint)
    elif operator.name in _PARTS and right:
        what, hint = f"a value behind `{found.operator}`", "the column stands before it"
        yield expected(Code.PARSE_ERROR, what, "a column", found.right.span, hint)
    elif operator.name == "in" and left and (right or _is_text(found.right)):
        hint = "the column stands before CONTAINS, and the array that it is to be in behind IS IN"
        kind = "a column" if right else "a text"
        yield expected(Code.PARSE_ERROR, "an array behind `IS IN`", kind, found.right.span, hint)


def _is_text(operand: ast.Operand) -> bool:
    return isinstance(operand, ast.Concatenation) or (
        isinstance(operand, ast.Literal) and isinstance(operand.value, str)
    )
