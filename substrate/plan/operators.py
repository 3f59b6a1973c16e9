"""The operators of plans, each declared once."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from substrate.columns import Json
from substrate.errors import kind_of
from substrate.plan.places import invalid, missing, not_expected
from substrate.plan.predicates import all_of, equal
from substrate.plan.reading import (
    BOOLEAN,
    COUNT,
    NAME,
    NODE,
    PREDICATE,
    VALUE,
    Field,
    Fields,
    Kind,
    Operator,
    Reader,
    array,
    list_of,
    name_of,
    one_of,
)
from substrate.plan.tree import (
    Aggregate,
    Aggregation,
    Compare,
    Filter,
    IndexScan,
    Join,
    Limit,
    Node,
    Predicate,
    Project,
    Projection,
    RelationHop,
    Scan,
    Sort,
    SortKey,
)

FUNCTIONS = ("count", "sum", "avg", "min", "max", "count_distinct")
"""What an `Aggregate` can compute."""

JOIN_KINDS = ("inner", "left", "right", "full")


# --- kinds of fields


def _equalities(reader: Reader, value: Json, place: str) -> tuple[Compare, ...]:
    if not isinstance(value, dict):
        raise not_expected("an object", value, place)
    found = [equal(reader, name_of(name, place), item, f"{place}.{name}") for name, item in value.items()]
    if not found:
        raise invalid("expected at least one column", place)
    return tuple(found)


def _projection(_: Reader, value: Json, place: str) -> Projection:
    if isinstance(value, str):
        return Projection(place, name_of(value, place), value)
    fields = _PROJECTION.read(_, value, place)
    return Projection(place, fields["column"], fields["as"] or fields["column"])


def _sort_key(reader: Reader, value: Json, place: str) -> SortKey:
    if isinstance(value, str):
        return SortKey(place, name_of(value, place), descending=False)
    if isinstance(value, dict):
        fields = _SORT_KEY.read(reader, value, place)
        return SortKey(place, fields["column"], fields["desc"])
    if not isinstance(value, list):
        raise invalid(f'expected a column, `[column, "desc"]` or an object, found {kind_of(value)}', place)
    column, direction = array(value, place, 2)
    descending = _DIRECTION.read(reader, direction, f"{place}[1]") == "desc"
    return SortKey(place, name_of(column, f"{place}[0]"), descending)


def _aggregation(reader: Reader, value: Json, place: str) -> Aggregation:
    fields = _AGGREGATION.read(reader, value, place)
    function, column = fields["fn"], fields["column"]
    rows = column in (None, "*")
    if rows and function != "count":
        raise missing("column", place)
    name = fields["as"] or f"{function}({'*' if rows else column})"
    return Aggregation(place, function, None if rows else column, name)


def _pair(_: Reader, value: Json, place: str) -> tuple[str, str]:
    left, right = array(value, place, 2)
    return name_of(left, f"{place}[0]"), name_of(right, f"{place}[1]")


def _either(*schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(schemas)}


_DIRECTION = one_of(("asc", "desc"), "a direction")
_PROJECTION = Fields((Field("column", NAME), Field("as", NAME, None)))
_SORT_KEY = Fields((Field("column", NAME), Field("desc", BOOLEAN, default=False)))
_AGGREGATION = Fields(
    (
        Field("fn", one_of(FUNCTIONS, "a function of an aggregate"), synonyms=("func",)),
        Field("column", NAME, None),
        Field("as", NAME, None),
    )
)

_PAIRS = {"type": "array", "prefixItems": [NAME.schema, NAME.schema], "items": False, "minItems": 2}
_DIRECTED = {"type": "array", "prefixItems": [NAME.schema, _DIRECTION.schema], "items": False, "minItems": 2}
_VALUES = {"type": "object", "additionalProperties": VALUE.schema, "minProperties": 1}

_EQUALITIES = Kind(_equalities, _VALUES)
_PROJECTIONS = list_of(Kind(_projection, _either(NAME.schema, {"$fields": _PROJECTION})), least=1)
_SORT_KEYS = list_of(Kind(_sort_key, _either(NAME.schema, _DIRECTED, {"$fields": _SORT_KEY})), least=1)
_AGGREGATIONS = list_of(Kind(_aggregation, {"$fields": _AGGREGATION}))
_NAMES = list_of(NAME)
_SOME_NAMES = list_of(NAME, least=1)
_SOME_VALUES = list_of(VALUE, least=1)


# --- what makes nodes


def _scan(place: str, op: str, f: dict[str, Any]) -> Node:
    return Scan(place, op, f["schema"], f["as"])


def _column_scan(place: str, op: str, f: dict[str, Any]) -> Node:
    columns, values = _columns(f), _values(f)
    if len(columns) != len(values):
        raise invalid(f"`columns` has {len(columns)} columns, `values` {len(values)} values", place)
    parts: list[Predicate] = list(f["eq"] or ())
    parts += (Compare(place, "=", column, slot) for column, slot in zip(columns, values, strict=True))
    if f["predicate"]:
        parts.append(f["predicate"])
    return Scan(place, op, f["schema"], f["as"], all_of(parts))


def _index_scan(place: str, op: str, f: dict[str, Any]) -> Node:
    bounds = f["low"], f["high"]
    columns, values = _columns(f), _values(f)
    wanted = len(values) + (bounds != (None, None))
    if columns and len(columns) != wanted:
        raise invalid(f"there are {len(columns)} columns, but values or bounds for {wanted}", place)
    return IndexScan(place, op, f["schema"], f["as"], f["index"], columns, values, *bounds)


def _columns(f: dict[str, Any]) -> tuple[str, ...]:
    return f["columns"] or (() if f["column"] is None else (f["column"],))


def _values(f: dict[str, Any]) -> tuple[Any, ...]:
    return f["values"] or (() if f["value"] is None else (f["value"],))


def _join(place: str, op: str, f: dict[str, Any]) -> Node:
    on = f["on"] or ((f["left_key"], f["right_key"]),)
    return Join(place, op, f["kind"], on, f["left"], f["right"])


def _aggregate(place: str, op: str, f: dict[str, Any]) -> Node:
    if not f["group_by"] and not f["aggs"]:
        raise invalid("expected something in `group_by` or in `aggs`", place)
    return Aggregate(place, f["group_by"], f["aggs"], f["having"], f["child"], op)


_CHILD = Field("child", NODE)
_SCHEMA, _ALIAS = Field("schema", NAME), Field("as", NAME, None)
_ON = (("on",), ("left_key", "right_key"))
_BY = (("value",), ("values",))
_BOUNDS = (("low",), ("high",), ("low", "high"))
_RANGES = tuple((*equal, *bounds) for equal in ((), *_BY) for bounds in _BOUNDS)
_EQUALS = (Field("value", VALUE, None, holds_null=True), Field("values", _SOME_VALUES, None))


def _join_fields(kind: Field) -> Fields:
    pairs = list_of(Kind(_pair, _PAIRS), least=1)
    keys = Field("on", pairs, None), Field("left_key", NAME, None), Field("right_key", NAME, None)
    return Fields((Field("left", NODE), Field("right", NODE), *keys, kind), (_ON,))


_KIND = one_of(JOIN_KINDS, "a kind of join")

_OPERATORS = (
    Operator("Scan", Fields((_SCHEMA, _ALIAS)), _scan, "all rows of a table"),
    Operator(
        "ColumnScan",
        Fields(
            (
                _SCHEMA,
                Field("column", NAME, None),
                Field("columns", _SOME_NAMES, None),
                *_EQUALS,
                Field("eq", _EQUALITIES, None),
                Field("predicate", PREDICATE, None),
                _ALIAS,
            ),
            ((("column", "value"), ("columns", "values"), ("eq",)),),
        ),
        _column_scan,
        "the rows that have these values in these columns, and fit the predicate",
    ),
    Operator(
        "IndexScan",
        Fields(
            (
                _SCHEMA,
                Field("index", NAME, None),
                Field("column", NAME, None),
                Field("columns", _SOME_NAMES, None),
                *_EQUALS,
                Field("low", VALUE, None),
                Field("high", VALUE, None),
                _ALIAS,
            ),
            ((("index",), ("column",), ("columns",)), (*_BY, *_RANGES)),
        ),
        _index_scan,
        "the rows that have these values in the first columns of an index, the next one from low to high",
        synonyms=("IndexLookup",),
    ),
    Operator(
        "Filter",
        Fields((Field("predicate", PREDICATE), _CHILD)),
        lambda place, _, f: Filter(place, f["predicate"], f["child"]),
        "the rows for which the predicate is true",
    ),
    Operator(
        "Project",
        Fields((Field("columns", _PROJECTIONS), _CHILD)),
        lambda place, _, f: Project(place, f["columns"], f["child"]),
        "these columns, in this order",
    ),
    Operator(
        "Limit",
        Fields((Field("n", COUNT), _CHILD, Field("offset", COUNT, None))),
        lambda place, _, f: Limit(place, f["n"], f["offset"], f["child"]),
        "at most `n` rows, behind the first `offset` ones",
    ),
    Operator(
        "Sort",
        Fields((Field("by", _SORT_KEYS), _CHILD)),
        lambda place, _, f: Sort(place, f["by"], f["child"]),
        "the rows in order, nulls last, equal ones as they were",
    ),
    Operator(
        "Aggregate",
        Fields(
            (Field("group_by", _NAMES, ()), Field("aggs", _AGGREGATIONS, ()), Field("having", PREDICATE, None), _CHILD)
        ),
        _aggregate,
        "one row for each group; without `group_by` one in all",
    ),
    Operator(
        "HashJoin",
        _join_fields(Field("kind", _KIND, "inner")),
        _join,
        "the pairs of rows that are equal in these columns",
        synonyms=("Join",),
        joins=True,
    ),
    Operator(
        "OuterJoin",
        _join_fields(Field("kind", one_of(JOIN_KINDS[1:], "a kind of outer join"), "left", synonyms=("side",))),
        _join,
        "the pairs of rows that are equal in these columns, and rows of one side or both that are in no pair",
        joins=True,
    ),
    Operator(
        "RelationHop",
        Fields(
            (
                Field("relation", NAME, synonyms=("rel",)),
                _CHILD,
                Field("reverse", BOOLEAN, default=False),
                Field("schema", NAME, None),
            )
        ),
        lambda place, _, f: RelationHop(place, f["relation"], f["reverse"], f["schema"], f["child"]),
        "the rows to which a relation leads, or with `reverse` those from which it leads here, each once",
        joins=True,
    ),
)

OPERATORS: Mapping[str, Operator] = MappingProxyType({name: o for o in _OPERATORS for name in (o.name, *o.synonyms)})
"""Every operator by its names."""
