"""Verbs on arrays: making them, order, parts, and the values of a key."""

from collections.abc import Hashable
from typing import Literal

from oql.selectors import follow
from oql.values import Multi, Value, as_number, identity, text_form
from oql.verbs.declare import Any, Array, Branches, Family, Whole
from oql.verbs.run import Run

family = Family("arrays", "Arrays")

_BYTES_PER_PLACE = 8
_BYTES_PER_NUMBER = 40


def values_of(array: list[Value], key: Value) -> list[Value]:
    """What each element has under a key or index, null where it has nothing; without key the elements."""
    return array if key is None else [follow(item, (key,), {}) for item in array]


@family.verb(
    "NEW ARRAY",
    examples=[
        ("NEW ARRAY SET ?a AFTER EMIT ?a", []),
        ('NEW ARRAY OPEN NEST "a" AND 2 CLOSE NEST SET ?a AFTER EMIT ?a', ["a", 2]),
    ],
    block="items",
)
def new_array(*items: Any) -> list[Value]:
    """Makes an array of the values in its block, or an empty one."""
    return list(items)


@family.verb("ENLIST", examples=[('ENLIST "a" AND 2 AND null SET ?a AFTER EMIT ?a', ["a", 2, None])])
def enlist(*items: Any) -> list[Value]:
    """Makes an array of values."""
    return list(items)


@family.verb(
    "APPEND",
    examples=[
        ("NEW ARRAY SET ?a AFTER APPEND 1 INTO ?a AFTER APPEND 2 INTO ?a AFTER EMIT ?a", [1, 2]),
        ("ENLIST 1 SET ?a AFTER APPEND 2 INTO ?a SET ?b AFTER EMIT ?a AFTER EMIT ?b", "[1][1,2]"),
    ],
    rebinds="INTO",
    extends=True,
)
def append(value: Any, *, into: Array) -> list[Value]:
    """Adds a value at the end of an array; without SET the variable behind INTO becomes the longer array."""
    return [*into, value]


@family.verb(
    "SORT",
    examples=[
        ('ENLIST "10" AND 9 AND null AND 1 SET ?a AFTER SORT ?a SET ?s AFTER EMIT ?s', [1, 9, "10", None]),
        (
            'PARSE JSON \'[{"n":1},{"n":3},{}]\' SET ?a AFTER SORT ?a SORT BY "n" FORMAT "desc" SET ?s AFTER EMIT ?s',
            [{"n": 3}, {"n": 1}, {}],
        ),
    ],
)
def sort(array: Array, *, sort_by: Any = None, format_: Literal["asc", "desc"] = "asc") -> list[Value]:
    """Sorts an array, or an array of objects by what they have under a key. Equal elements keep their order.

    When all read as numbers they are sorted as numbers, otherwise by the code points of their text
    forms. Nulls come last, also with "desc".
    """
    keys = values_of(array, sort_by)
    present = [place for place, key in enumerate(keys) if key is not None]
    ranks = _ranks([keys[place] for place in present])
    order = sorted(zip(ranks, present, strict=True), key=lambda pair: pair[0], reverse=format_ == "desc")
    nulls = (item for item, key in zip(array, keys, strict=True) if key is None)
    return [*(array[place] for _, place in order), *nulls]


def _ranks(keys: list[Value]) -> list[Any]:
    numbers = [as_number(key) for key in keys]
    return [text_form(key) for key in keys] if None in numbers else numbers


@family.verb("REVERSE", examples=[("ENLIST 1 AND 2 AND 3 SET ?a AFTER REVERSE ?a SET ?r AFTER EMIT ?r", [3, 2, 1])])
def reverse(array: Array) -> list[Value]:
    """Gives the elements of an array in reverse order. For text there is REVERSE STRING."""
    return array[::-1]


@family.verb(
    "UNIQUE",
    examples=[('ENLIST 2 AND 1 AND "2" AND 2 SET ?a AFTER UNIQUE ?a SET ?u AFTER EMIT ?u', [2, 1, "2"])],
)
def unique(array: Array) -> list[Value]:
    """Keeps the first of all elements that are identical."""
    kept: dict[Hashable, Value] = {}
    for item in array:
        kept.setdefault(identity(item), item)
    return list(kept.values())


@family.verb(
    "FLATTEN",
    examples=[("PARSE JSON '[1,[2,[3]],[]]' SET ?a AFTER FLATTEN ?a SET ?f AFTER EMIT ?f", [1, 2, [3]])],
)
def flatten(run: Run, array: Array) -> list[Value]:
    """Puts the elements of the arrays in an array in their place, one level deep."""
    run.claim(_BYTES_PER_PLACE * sum(len(item) if isinstance(item, list) else 1 for item in array))
    return [part for item in array for part in (item if isinstance(item, list) else (item,))]


@family.verb("FIRST", examples=[("ENLIST 7 AND 8 SET ?a AFTER FIRST ?a", 7), ("NEW ARRAY SET ?a AFTER FIRST ?a", None)])
def first(array: Array) -> Value:
    """Gives the first element of an array, null when there is none."""
    return array[0] if array else None


@family.verb("LAST", examples=[("ENLIST 7 AND 8 SET ?a AFTER LAST ?a", 8)])
def last(array: Array) -> Value:
    """Gives the last element of an array, null when there is none."""
    return array[-1] if array else None


@family.verb(
    "PLUCK",
    examples=[
        (
            'PARSE JSON \'[{"n":1},{"n":3},{}]\' SET ?a AFTER PLUCK ?a WITH "n" SET ?n AFTER EMIT ?n',
            [1, 3, None],
        )
    ],
)
def pluck(array: Array, *, with_: Any) -> list[Value]:
    """Gives what each element of an array has under a key, null where it has nothing."""
    return [follow(item, (with_,), {}) for item in array]


@family.verb(
    "COLLAPSE",
    examples=[
        ('UPPER "a" SET ?m AND UPPER "b" SET ?m AFTER COLLAPSE ?m SET ?a AFTER EMIT ?a', ["A", "B"]),
        ("COLLAPSE 5 SET ?a AFTER EMIT ?a", [5]),
    ],
)
def collapse(value: Branches) -> list[Value]:
    """Makes an array of a multivariable, in branch order.

    An array stays as it is, any other value becomes the only element of an array.
    """
    if isinstance(value, Multi):
        return list(value.branches)
    return value if isinstance(value, list) else [value]


@family.verb("RANGE", examples=[("RANGE FROM 2 TO 5 SET ?a AFTER EMIT ?a", [2, 3, 4])], quick=False)
def range_(run: Run, *, from_: Whole, to: Whole) -> list[int]:
    """Gives the whole numbers from one up to, not including, another."""
    run.claim(_BYTES_PER_NUMBER * max(to - from_, 0))
    return list(range(from_, to))


@family.verb(
    "GROUP",
    examples=[
        (
            'PARSE JSON \'[{"c":"x","n":1},{"c":"y"},{"c":"x"}]\' SET ?a AFTER GROUP ?a WITH "c" SET ?g AFTER EMIT ?g',
            {"x": [{"c": "x", "n": 1}, {"c": "x"}], "y": [{"c": "y"}]},
        )
    ],
)
def group(run: Run, array: Array, *, with_: Any) -> dict[str, list[Value]]:
    """Gathers the elements of an array by the text form of what they have under a key.

    The groups stand in the order in which each first appears.
    """
    run.claim(_BYTES_PER_PLACE * len(array))
    groups: dict[str, list[Value]] = {}
    for item in array:
        groups.setdefault(text_form(follow(item, (with_,), {})), []).append(item)
    return groups
