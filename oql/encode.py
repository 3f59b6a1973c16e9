"""Operands and conditions as plain data, the form in which a compiled program keeps them.

operand     ["value", v]  ["variable", name, [selector...]]  ["joined", [operand...]]  ["column", name]
condition   ["compare"|"some", test, left, right]  ["null", is_null, operand]  ["not", c]  ["and"|"or", [c...]]
"""

from typing import Any

from oql import ast
from oql.conditions import OPERATORS
from oql.selectors import Name, Selector
from oql.system import place_of


def encode(operand: ast.Operand) -> list[Any]:
    """An operand as data: a value, a variable or a joined text."""
    match operand:
        case ast.Literal():
            return ["value", operand.value]
        case ast.Variable():
            return ["variable", operand.name, encode_path(operand.path)]
        case ast.System():
            name, path = place_of(operand)
            return ["variable", name, encode_path(path)]
        case ast.Word():
            return ["value", operand.text]
        case ast.Concatenation():
            return ["joined", [encode(part) for part in operand.parts]]


def encode_modifier(modifier: ast.Modifier) -> list[Any]:
    """A modifier's operand as data; WHERE of the verbs that read tables keeps its condition."""
    value = modifier.value
    if isinstance(value, ast.Truth):
        return encode(value.operand)
    if isinstance(value, ast.Comparison | ast.NullTest | ast.Negated | ast.Combined):
        return ["condition", encode_condition(value, False, columns=True)]
    return encode(value)


def encode_condition(condition: ast.Condition, some: bool, columns: bool = False) -> list[Any]:
    """A condition as data. Its depth is bounded by the check, so this may recurse."""
    match condition:
        case ast.Comparison():
            test = OPERATORS[condition.operator].name
            left, right = (_side(operand, columns) for operand in (condition.left, condition.right))
            return ["some" if some else "compare", test, left, right]
        case ast.NullTest():
            return ["null", condition.is_null, _side(condition.left, columns)]
        case ast.Truth():
            return ["truth", _side(condition.operand, columns)]
        case ast.Negated():
            return ["not", encode_condition(condition.condition, some, columns)]
        case ast.Combined(parts=(only,)):
            return encode_condition(only, some, columns)  # parentheses
        case ast.Combined():
            return [condition.connector, [encode_condition(part, some, columns) for part in condition.parts]]


def _side(operand: ast.Operand, columns: bool) -> list[Any]:
    if columns and isinstance(operand, ast.Word):
        return ["column", operand.text]
    return encode(operand)


def encode_block(block: ast.Items | ast.Pairs | ast.Fields | ast.Entries) -> list[Any]:
    """The block of a verb that takes values, keys, form fields or code instead of steps."""
    match block:
        case ast.Items():
            return [encode(operand) for operand in block.operands]
        case ast.Pairs():
            return [[encode(key), encode(value)] for key, value in block.pairs]
        case ast.Fields():
            return [
                [
                    f.variable.name,
                    f.kind,
                    [encode(choice) for choice in f.choices],
                    encode(f.label),
                    f.required,
                ]
                for f in block.fields
            ]
        case ast.Entries():
            return [[encode(entry.code), entry.target.name if entry.target else None] for entry in block.entries]


def encode_path(path: tuple[Selector, ...]) -> list[Any]:
    """Selectors as data; one that is itself a variable is `["?", name, path]`."""
    return [["?", selector.name, encode_path(selector.path)] if isinstance(selector, Name) else selector
            for selector in path]  # fmt: skip
