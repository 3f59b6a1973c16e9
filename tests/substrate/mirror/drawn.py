"""Tables, rows and keys as hypothesis draws them: of all types of columns, mostly right, sometimes wrong."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

ONE, TWO = "00000000-0000-4000-8000-000000000001", "A0000000-0000-4000-8000-000000000002"

GOOD: dict[str, list[Any]] = {
    "str": ["", "a", "A", "é", "\U0001f600", "a%b", "1", "true", "2024-02-29", "long " * 900],
    "i64": [0, 1, 2, -1, 2**63 - 1, -(2**63), 2**53 + 1],
    "u64": [0, 1, 2, 2**63 - 1, 2**53 + 1],
    "f64": [0.0, -0.0, 1, 1.5, -2.5, 0.1, 1e308, -1e308, 5e-324, 2**53, 1e16],
    "number": [0, -0.0, 1, 1.5, -2.5, 0.1, 2**53 - 1, 5e-324],
    "bool": [True, False],
    "bytes": ["", "AA==", "AP8=", "YWJj"],
    "timestamp": [
        "2024-02-29T23:59:59Z", "1969-12-31T23:59:59.999999Z", "2024-01-01T00:00:00+02:00", 0, 1.5, -1,
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
    ],
    "date": ["2024-02-29", "1969-12-31", "0001-01-01", "9999-12-31"],
    "uuid": [ONE, TWO],
    "json": [{}, [], {"b": 1, "a": [1, None, 0.5]}, "x", 0, False, {"address": {"city": "Rome"}}],
    "encrypted": ["", "open sesame", "é"],
}  # fmt: skip
ANYTHING = [
    "x", "1", " 1", "1.0", "true", 1, 1.5, True, [], {}, "2024-13-01", "2024-01-01", 2**63, -(2**63) - 1, 2**200,
    float("inf"), float("nan"), "a\x00b", "\ud800", "not base64!", ONE.replace("-", ""), 253402300800, None,
]  # fmt: skip
DECLARED = {
    "s": "str", "i": "i64", "u": "u64", "f": "f64", "n": "number", "b": "bool", "raw": "bytes", "at": "timestamp",
    "day": "date", "uid": "uuid", "doc": "json", "secret": "encrypted",
}  # fmt: skip
KEYS = ["i64", "str", "uuid", "bool", "timestamp", "f64", "date", "bytes"]
IDS = ["shop.a", "shop.b", "shop.c", "Shop.A"]
CHECKS = {
    "i > 0": {"i"}, "i < u": {"i", "u"}, "length(s) < 9": {"s"}, "b OR i IS NULL": {"b", "i"}, "f * 2 > n": {"f", "n"},
    "i + u > 0": {"i", "u"}, "day > CAST(at AS date)": {"day", "at"}, "s LIKE '%a%' OR NOT b": {"s", "b"},
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A declaration, and what is known of it for drawing what is asked of it."""

    id: str
    key: tuple[str, ...]
    types: dict[str, str]
    text: str


def values(kind: str, wrong: bool = False) -> st.SearchStrategy[Any]:
    """Values of a type, and null; with `wrong` also such as may be of no type."""
    some = [*GOOD[kind], *GOOD[kind], None]
    return st.sampled_from([*some, *ANYTHING] if wrong else some)


def seldom(draw: st.DrawFn, one_in: int = 8) -> bool:
    """Whether something is to be that happens once in so many times."""
    return draw(st.integers(1, one_in)) == one_in


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table of some columns, with one of a few names; a second declaration of a name may change it."""
    name = draw(st.sampled_from(IDS))
    generated = seldom(draw, 4)
    kinds = ["uuid"] if generated else draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=1 + seldom(draw)))
    key = {f"k{number}": kind for number, kind in enumerate(kinds)}
    chosen = draw(st.lists(st.sampled_from(sorted(DECLARED)), unique=True, min_size=2, max_size=6))
    types = key | {column: DECLARED[column] for column in sorted(chosen)}
    columns = [_column(draw, column, kind, generated and column in key) for column, kind in types.items()]
    space, _, table = name.partition(".")
    text = f'namespace = "{space}"\ntable = "{table}"\nprimary_key = {json.dumps(list(key))}\ncolumns = [\n'
    text += "".join(f"  {{ {column} }},\n" for column in columns) + "]\n" + _rules(draw, types)
    return Table(name, tuple(key), types, text)


def _column(draw: st.DrawFn, name: str, kind: str, generated: bool) -> str:
    fields = [f'name = "{name}"', f'type = "{kind}"', *["generated = true"] * generated]
    compared = kind not in ("json", "encrypted") or seldom(draw, 50)
    fields += [f"{option} = true" for option in ("indexed", "unique") if compared and seldom(draw, 5)]
    fields += ["required = true"] * seldom(draw)
    if seldom(draw) and ((not generated and kind != "encrypted") or seldom(draw)):
        fields.append(f"default = {_toml(draw(st.sampled_from(GOOD[kind])))}")
    return ", ".join(fields)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_toml(item)}' for name, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value if item is not None)}]"
    return json.dumps(value, ensure_ascii=False)


def _rules(draw: st.DrawFn, types: dict[str, str]) -> str:
    text = ""
    checks = [check for check, column in CHECKS.items() if column <= types.keys()]
    if checks and seldom(draw, 2):
        text += f'[[check_constraints]]\nname = "drawn"\nexpr = "{draw(st.sampled_from(checks))}"\n'
    if seldom(draw, 3):
        column = draw(st.sampled_from(sorted(types)))
        space, _, table = draw(st.sampled_from(IDS)).partition(".")
        text += f'[[foreign_keys]]\nfrom_col = "{column}"\n'
        text += f'[foreign_keys.target]\nnamespace = "{space}"\ntable = "{table}"\n'
    if seldom(draw, 4):
        compared = sorted(name for name, kind in types.items() if kind not in ("json", "encrypted"))
        indexed = draw(st.lists(st.sampled_from(compared), min_size=1, max_size=3, unique=True))
        text += f"[[indexes]]\ncolumns = {json.dumps(indexed)}\n"
    if "doc" in types and seldom(draw, 2):
        text += '[[extractions]]\nname = "city"\npath = "doc.address.city"\nty = "str"\n'
    return text


@st.composite
def rows(draw: st.DrawFn, table: Table) -> dict[str, Any]:
    """A row of the table; some have columns that are wrong, left out, or none of the table."""
    row, wrong = {}, seldom(draw, 5)
    for name, kind in table.types.items():
        if name in table.key and not seldom(draw, 12):
            row[name] = draw(st.sampled_from(GOOD[kind][:3]))
        elif not seldom(draw, 4):
            row[name] = draw(values(kind, wrong))
    if seldom(draw, 20):
        row[draw(st.sampled_from(["nope", "S", "_oc_row_version", "city"]))] = 1
    return row


def keys(table: Table) -> st.SearchStrategy[str]:
    """The text of a key: of a row that may be there, or of none."""
    good = [value if isinstance(value, str) else json.dumps(value) for value in GOOD[table.types[table.key[0]]][:3]]
    return st.sampled_from([*good, *good, *good, "", "x", "1", "1.0", "\x00"])
