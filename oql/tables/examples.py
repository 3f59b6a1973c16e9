"""The examples of the verbs on databases: programs that begin with nothing, and what they give."""

from typing import Any

_MADE = """CREATE DATABASE "shop"
CREATE TABLE "items" FROM "shop" WITH "name TEXT PRIMARY, price NUMBER"
"""
_STOCKED = f"""{_MADE}PARSE JSON '[{{"name": "tea", "price": 3}}, {{"name": "cake", "price": 5}}]' SET ?rows
INSERT ?rows INTO "items" FROM "shop"
"""


def _on(before: str, *examples: tuple[str, Any]) -> list[tuple[str, Any]]:
    return [(before + program, result) for program, result in examples]


EXAMPLES: dict[str, list[tuple[str, Any]]] = {
    "CREATE DATABASE": [('CREATE DATABASE "shop"\nDATABASE LIST', ["shop"])],
    "DATABASE LIST": [("DATABASE LIST", [])],
    "DELETE DATABASE": [('CREATE DATABASE "shop"\nDELETE DATABASE "shop"\nDATABASE LIST', [])],
    "CREATE TABLE": [
        (
            'CREATE DATABASE "d"\nCREATE TABLE "t" FROM "d" WITH "day DATE REQUIRED, kind TEXT DEFAULT `new` INDEXED"',
            True,
        )
    ],
    "TABLE LIST": _on(_MADE, ('TABLE LIST "shop"', ["items"])),
    "DELETE TABLE": _on(_MADE, ('DELETE TABLE "items" FROM "shop"\nTABLE LIST "shop"', [])),
    "FLUSH TABLE": _on(_STOCKED, ('FLUSH TABLE "items" FROM "shop"\nCOUNT "items" FROM "shop"', 0)),
    "INSERT": _on(
        _MADE, ('PARSE JSON \'{"name": "tea", "price": 3}\' SET ?row\nINSERT ?row INTO "items" FROM "shop"', "tea")
    ),
    "QUERY": _on(
        _STOCKED,
        ('QUERY "items" FROM "shop" WHERE price IS GREATER THAN 3', [{"name": "cake", "price": 5}]),
        ('QUERY "items" FROM "shop" SORT BY "price" FORMAT "desc" LIMIT 1 AT 1', [{"name": "tea", "price": 3}]),
    ),
    "COUNT": _on(_STOCKED, ('COUNT "items" FROM "shop" WHERE name CONTAINS "a"', 2)),
    "UPDATE": _on(
        _STOCKED,
        ('PARSE JSON \'{"price": 4}\' SET ?new\nUPDATE ?new INTO "items" FROM "shop" WHERE name IS EQUAL TO "tea"', 1),
    ),
    "PURGE": _on(_STOCKED, ('PURGE "items" FROM "shop" WHERE price IS LESS THAN 5', 1)),
    "SQL": _on(
        _STOCKED,
        ('ENLIST 4 SET ?most\nSQL "SELECT name FROM items WHERE price < $1" FROM "shop" WITH ?most', [{"name": "tea"}]),
    ),
    "TRANSACTION": _on(
        _STOCKED,
        (
            'TRANSACTION OPEN NEST\n  FLUSH TABLE "items" FROM "shop"\n  CALCULATE "1 / 0"\nCLOSE NEST\n'
            'OR COUNT "items" FROM "shop"',
            2,
        ),
    ),
}
"""What each verb is shown by, the programs with their results."""
