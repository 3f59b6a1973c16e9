"""The predicates of plans, each declared once."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from substrate.columns import Json
from substrate.plan.places import invalid
from substrate.plan.reading import NAME, PREDICATE, VALUE, Reader, Test, array, list_of, name_of
from substrate.plan.tree import (
    Among,
    Between,
    Combination,
    Compare,
    Matches,
    MatchKind,
    Negation,
    NullTest,
    Predicate,
    Symbol,
)

_OPERAND = {"$ref": "#/$defs/Operand"}


def equal(reader: Reader, column: str, value: Json, place: str) -> Compare:
    """The comparison that stands behind `"column": value`."""
    return Compare(place, "=", column, reader.slot(value, place))


def all_of(parts: list[Predicate]) -> Predicate | None:
    """Predicates that must all be true; None where there are none."""
    return Combination("AND", tuple(parts)) if len(parts) > 1 else next(iter(parts), None)


def _compare(name: str, symbol: Symbol, meaning: str, *synonyms: str) -> Test:
    def read(reader: Reader, value: Json, place: str) -> Predicate:
        column, operand = array(value, place, 2)
        return Compare(place, symbol, name_of(column, f"{place}[0]"), reader.operand(operand, f"{place}[1]"))

    return Test(name, read, _tuple(NAME.schema, _OPERAND), f"the column is {meaning} a value or a column", synonyms)


def _among(reader: Reader, value: Json, place: str) -> Predicate:
    column, values = array(value, place, 2)
    items = array(values, f"{place}[1]")
    if any(isinstance(item, dict) for item in items):
        raise invalid("expected values, found an object", f"{place}[1]")
    reader.count(len(items), place)
    # Lists of similar length make the same statement: an engine gets the next power of two, the rest repeated.
    size = 1 << (len(items) - 1).bit_length() if items else 0
    return Among(place, name_of(column, f"{place}[0]"), reader.slot(items, place), size)


def _between(reader: Reader, value: Json, place: str) -> Predicate:
    column, low, high = array(value, place, 3)
    bounds = reader.operand(low, f"{place}[1]"), reader.operand(high, f"{place}[2]")
    return Between(place, name_of(column, f"{place}[0]"), *bounds)


def _matches(kind: MatchKind, meaning: str) -> Test:
    def read(reader: Reader, value: Json, place: str) -> Predicate:
        column, text = array(value, place, 2)
        if isinstance(text, str) and len(text) > LONGEST_PATTERN:
            raise invalid(f"a pattern has at most {LONGEST_PATTERN:,} characters, this one {len(text):,}", place)
        return Matches(place, kind, name_of(column, f"{place}[0]"), reader.slot(text, f"{place}[1]"))

    return Test(kind, read, _tuple(NAME.schema, {**VALUE.schema, "maxLength": LONGEST_PATTERN}), meaning)


def _null_test(name: str, meaning: str, *, negated: bool) -> Test:
    def read(_: Reader, value: Json, place: str) -> Predicate:
        return NullTest(place, name_of(value, place), negated)

    return Test(name, read, NAME.schema, meaning)


def _combination(name: str, word: Literal["AND", "OR"], meaning: str) -> Test:
    parts = list_of(PREDICATE)

    def read(reader: Reader, value: Json, place: str) -> Predicate:
        return Combination(
            word, tuple([reader.predicate(p, f"{place}[{i}]") for i, p in enumerate(array(value, place))])
        )

    return Test(name, read, parts.schema, meaning)


def _negation(reader: Reader, value: Json, place: str) -> Predicate:
    return Negation(reader.predicate(value, place))


def _not_true(reader: Reader, value: Json, place: str) -> Predicate:
    return Negation(reader.predicate(value, place), or_unknown=True)


def _tuple(*items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "prefixItems": list(items), "items": False, "minItems": len(items)}


LONGEST_PATTERN = 10_000
"""How many characters a pattern may have; SQLite takes 50,000 bytes."""

_TESTS = (
    _compare("Eq", "=", "equal to"),
    _compare("Ne", "<>", "not equal to"),
    _compare("Lt", "<", "less than"),
    _compare("Le", "<=", "less than or equal to", "Lte"),
    _compare("Gt", ">", "greater than"),
    _compare("Ge", ">=", "greater than or equal to", "Gte"),
    Test("In", _among, _tuple(NAME.schema, list_of(VALUE).schema), "the column is equal to one of the values"),
    Test("Between", _between, _tuple(NAME.schema, _OPERAND, _OPERAND), "the column is from low to high, both included"),
    _matches("Like", "the text is like the pattern: `%` any characters, `_` any one; case counts"),
    _matches("Contains", "the text holds the other; case counts"),
    _matches("StartsWith", "the text begins with the other; case counts"),
    _matches("EndsWith", "the text ends with the other; case counts"),
    _null_test("IsNull", "the column is null", negated=False),
    _null_test("IsNotNull", "the column is not null", negated=True),
    _combination("And", "AND", "all are true; true where there is none"),
    _combination("Or", "OR", "one is true; false where there is none"),
    Test("Not", _negation, PREDICATE.schema, "the predicate is false"),
    Test("IsNotTrue", _not_true, PREDICATE.schema, "the predicate is false or unknown, as a null makes it"),
)

PREDICATES: Mapping[str, Test] = MappingProxyType({name: t for t in _TESTS for name in (t.name, *t.synonyms)})
"""Every predicate by its names."""
