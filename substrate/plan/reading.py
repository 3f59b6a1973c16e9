"""Plans from JSON, by declarations: an operator's fields are declared once, for reading and for the JSON Schema.

A `Kind` reads one kind of JSON value and describes it. `Reader` walks the plan and takes its operands out of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

from substrate.columns import Json
from substrate.errors import described, shown
from substrate.plan.places import invalid, missing, not_expected, not_known
from substrate.plan.tree import ColumnOperand, Node, Operand, Predicate, Slot

MAX_DEPTH = 64
"""How deep a plan may nest, as JSON that comes in."""

MAX_SIZE = 10_000
"""How many operands, names in lists counted among them, and how many predicates a plan may have."""

MAX_JOINS = 32
"""How many joins and hops a plan may have together."""

LONGEST_NAME = 200
"""How many characters a name in a plan may have; `alias.column` and `fn(column)` are names too."""

_REQUIRED: Final = object()


@dataclass(frozen=True)
class Kind:
    """A kind of JSON value in a plan: what makes something of it at a place, and its JSON Schema."""

    read: "Callable[[Reader, Json, str], Any]"
    schema: Mapping[str, Json]


@dataclass(frozen=True)
class Field:
    """A field of an operator. Null where there is a default means the default, unless `holds_null`."""

    name: str
    kind: Kind
    default: Any = _REQUIRED
    synonyms: tuple[str, ...] = ()
    holds_null: bool = False

    @property
    def required(self) -> bool:
        """Whether it must be there."""
        return self.default is _REQUIRED


@dataclass(frozen=True)
class Fields:
    """The fields of an operator. Of each choice exactly one of the sets of fields must be there, and no other of it."""

    declared: tuple[Field, ...]
    choices: tuple[tuple[tuple[str, ...], ...], ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by name, synonyms included."""
        return {name: declared for declared in self.declared for name in (declared.name, *declared.synonyms)}

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """What the fields that may be left out are then."""
        return {declared.name: declared.default for declared in self.declared if not declared.required}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields that must be there."""
        return tuple(declared.name for declared in self.declared if declared.required)

    def read(self, reader: "Reader", body: Json, place: str) -> dict[str, Any]:
        """The value of every field by its name."""
        if not isinstance(body, dict):
            raise not_expected("an object", body, place)
        values: dict[str, Any] = {}
        for name, item in body.items():
            found = self.by_name.get(name)
            if found is None:
                raise not_known(name, "a field here", self.by_name, place)
            if found.name in values:
                raise invalid(f"{shown(name)} is there twice, under two names", place)
            if item is not None or found.holds_null or found.required:
                values[found.name] = found.kind.read(reader, item, f"{place}.{name}")
        self._check(values, place)
        return self.defaults | values

    def _check(self, values: Mapping[str, Any], place: str) -> None:
        for name in self.required:
            if name not in values:
                raise missing(name, place)
        for choice in self.choices:
            given = {name for names in choice for name in names if name in values}
            if not any(given == set(names) for names in choice):
                options = " or ".join(" with ".join(f"`{name}`" for name in names) for names in choice)
                raise invalid(f"expected {options}", place)


@dataclass(frozen=True)
class Operator:
    """An operator: its fields, and what makes a node of them, of its place, and of its name."""

    name: str
    fields: Fields
    make: Callable[[str, str, dict[str, Any]], Node]
    help: str
    synonyms: tuple[str, ...] = ()
    joins: bool = False


@dataclass(frozen=True)
class Test:
    """A predicate: what reads its value at its place, and the JSON Schema of that."""

    name: str
    read: "Callable[[Reader, Json, str], Predicate]"
    schema: Mapping[str, Json]
    help: str
    synonyms: tuple[str, ...] = ()


Grammar: TypeAlias = tuple[Mapping[str, Operator], Mapping[str, Test]]
"""Operators and predicates by name, synonyms included."""


@dataclass(slots=True)
class Reader:
    """Reads one plan. `operands` are what its slots number."""

    grammar: Grammar
    operands: list[Json] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    tests: int = 0
    joins: int = 0

    def node(self, value: Json, place: str) -> Node:
        """An operator with all that is below it."""
        name, body = self._only(value, "an operator", place)
        operator = self.grammar[0].get(name)
        if operator is None:
            raise not_known(name, "an operator", self.grammar[0], place)
        here = f"{place}.{name}" if place else name
        self._enter(2, here)
        if operator.joins:
            self._join(here)
        node = operator.make(here, operator.name, operator.fields.read(self, body, here))
        self.depth -= 2
        return node

    def predicate(self, value: Json, place: str) -> Predicate:
        """A predicate with all that is in it."""
        name, body = self._only(value, "a predicate", place)
        test = self.grammar[1].get(name)
        if test is None:
            raise not_known(name, "a predicate", self.grammar[1], place)
        here = f"{place}.{name}" if place else name
        deeper = 2 if isinstance(body, list) else 1
        self._enter(deeper, here)
        self.tests += 1
        if self.tests > MAX_SIZE:
            raise invalid(f"a plan has at most {MAX_SIZE:,} predicates", here)
        read = test.read(self, body, here)
        self.depth -= deeper
        return read

    def slot(self, value: Json, place: str) -> Slot:
        """The number of an operand, which is kept as it is. No column has values to compare with an object."""
        if isinstance(value, dict):
            raise not_expected("a value", value, place)
        self.count(1, place)
        self.operands.append(value)
        return Slot(len(self.operands) - 1)

    def operand(self, value: Json, place: str) -> Operand:
        """The other side of a comparison: a column, or a value."""
        if not isinstance(value, dict):
            return self.slot(value, place)
        if set(value) != {"col"}:
            raise invalid('expected a value or `{"col": name}`', place)
        return ColumnOperand(name_of(value["col"], f"{place}.col"))

    def count(self, more: int, place: str) -> None:
        """Refuses a plan that has too many operands."""
        self.size += more
        if self.size > MAX_SIZE:
            raise invalid(f"a plan has at most {MAX_SIZE:,} operands", place)

    def _enter(self, levels: int, place: str) -> None:
        self.depth += levels
        if self.depth > MAX_DEPTH:
            raise invalid(f"a plan nests at most {MAX_DEPTH} deep", place)

    def _join(self, place: str) -> None:
        self.joins += 1
        if self.joins > MAX_JOINS:
            raise invalid(f"a plan has at most {MAX_JOINS} joins and hops", place)

    def _only(self, value: Json, kind: str, place: str) -> tuple[str, Json]:
        if not isinstance(value, dict):
            raise not_expected(f"{kind} (an object with one key)", value, place)
        if len(value) != 1:
            raise invalid(f"expected {kind} (an object with one key), found {len(value)} keys", place)
        return next(iter(value.items()))


def name_of(value: Json, place: str) -> str:
    """The name of a column, table, relation or index, or an alias."""
    if not isinstance(value, str):
        raise not_expected("a name", value, place)
    if not 1 <= len(value) <= LONGEST_NAME:
        raise invalid(f"a name has 1 to {LONGEST_NAME} characters, this one {len(value)}", place)
    return value


def list_of(kind: Kind, *, least: int = 0) -> Kind:
    """Arrays of a kind, read as tuples."""

    def read(reader: Reader, value: Json, place: str) -> tuple[Any, ...]:
        items = array(value, place)
        if len(items) < least:
            raise invalid(f"expected at least {least} in the array, found {len(items)}", place)
        reader.count(len(items), place)
        return tuple([kind.read(reader, item, f"{place}[{index}]") for index, item in enumerate(items)])

    return Kind(read, {"type": "array", "items": kind.schema} | ({"minItems": least} if least else {}))


def array(value: Json, place: str, length: int | None = None) -> list[Json]:
    """An array, of exactly so many items where that is said."""
    if not isinstance(value, list):
        raise not_expected("an array", value, place)
    if length is not None and len(value) != length:
        raise invalid(f"expected {length} in the array, found {len(value)}", place)
    return value


def one_of(words: Iterable[str], kind: str) -> Kind:
    """Words of a list, in any case; read in the case of the list."""
    by_fold = {word.lower(): word for word in words}

    def read(_: Reader, value: Json, place: str) -> str:
        if not isinstance(value, str):
            raise not_expected(kind, value, place)
        if value.lower() not in by_fold:
            raise not_known(value, kind, by_fold.values(), place)
        return by_fold[value.lower()]

    pattern = "|".join("".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in word) for word in by_fold)
    return Kind(read, {"type": "string", "pattern": f"^({pattern})$"})


def _boolean(_: Reader, value: Json, place: str) -> bool:
    if not isinstance(value, bool):
        raise not_expected("true or false", value, place)
    return value


def _count(reader: Reader, value: Json, place: str) -> Slot:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise invalid(f"expected an integer from 0, found {described(value)}", place)
    # Half of what an engine can count to, so that the sum of two is something it can count to.
    return reader.slot(min(value, 2**62), place)


NAME = Kind(lambda _, value, place: name_of(value, place), {"$ref": "#/$defs/Name"})
NODE = Kind(lambda reader, value, place: reader.node(value, place), {"$ref": "#/$defs/Plan"})
PREDICATE = Kind(lambda reader, value, place: reader.predicate(value, place), {"$ref": "#/$defs/Predicate"})
VALUE = Kind(lambda reader, value, place: reader.slot(value, place), {"$ref": "#/$defs/Value"})
BOOLEAN = Kind(_boolean, {"type": "boolean"})
COUNT = Kind(_count, {"type": "integer", "minimum": 0})
