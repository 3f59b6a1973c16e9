"""Verbs on objects and JSON: making, reading and merging them."""

from oql import json
from oql.errors import Code, failed
from oql.values import Value
from oql.verbs.declare import Family, Object, Text
from oql.verbs.run import Run

family = Family("objects", "Objects and JSON")


@family.verb(
    "NEW JSON OBJECT",
    examples=[
        (
            'NEW JSON OBJECT OPEN NEST SET "id" AS 7 AND SET "name" AS "Ada" CLOSE NEST SET ?o AFTER EMIT ?o',
            {"id": 7, "name": "Ada"},
        )
    ],
    block="pairs",
)
def new_json_object(pairs: Object) -> dict[str, Value]:
    """Makes an object of the keys and values in its block. Of a repeated key the last value counts."""
    return pairs


@family.verb(
    "PARSE JSON",
    examples=[("PARSE JSON '{\"a\":[1,2.0,null]}' SET ?v AFTER EMIT ?v", {"a": [1, 2, None]})],
    failure=Code.JSON_FAILED,
)
def parse_json(run: Run, text: Text) -> Value:
    """Reads a value from JSON text; JsonFailed says where the text goes wrong.

    Of a repeated key the last value counts. A number such as 2.0 is the whole number 2.
    """
    run.claim(json.weight_when_read(text))
    try:
        return json.loads(text)
    except json.JsonError as error:
        place = f" at line {error.line}, column {error.column}" if error.line else ""
        hint = "JSON has its keys and texts in double quotes" if "'" in text and '"' not in text else None
        raise failed(Code.JSON_FAILED, f"{error.message}{place}", hint) from None


@family.verb("KEYS", examples=[('PARSE JSON \'{"b":1,"a":2}\' SET ?o AFTER KEYS ?o SET ?k AFTER EMIT ?k', ["b", "a"])])
def keys(object_: Object) -> list[str]:
    """Gives the keys of an object as an array, in their order."""
    return list(object_)


@family.verb("VALUES", examples=[('PARSE JSON \'{"b":1,"a":2}\' SET ?o AFTER VALUES ?o SET ?v AFTER EMIT ?v', [1, 2])])
def values(object_: Object) -> list[Value]:
    """Gives the values of an object as an array, in the order of their keys."""
    return list(object_.values())


@family.verb(
    "MERGE",
    examples=[
        (
            'PARSE JSON \'{"a":1,"b":1}\' SET ?x AFTER PARSE JSON \'{"b":2,"c":2}\' SET ?y '
            "AFTER MERGE ?x WITH ?y SET ?o AFTER EMIT ?o",
            {"a": 1, "b": 2, "c": 2},
        )
    ],
)
def merge(object_: Object, *, with_: Object) -> dict[str, Value]:
    """Makes one object of two; under a key that both have stands the value of the second.

    Objects inside them are not merged.
    """
    return {**object_, **with_}
