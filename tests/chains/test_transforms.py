"""The operations of transform steps; the expected texts are worked out by hand."""

import json
from typing import Any

import pytest

from chains.references import Scope
from chains.transforms import OPERATIONS, Transform, transformed
from oql.errors import OqlError

DATA = json.dumps(
    {"items": [{"name": "tea", "n": 1}, {"n": 2}, {"name": "cake", "n": {"x": 3}}], "a.b": 1, "ok": True, "none": None}
)


@pytest.mark.parametrize(
    ("operation", "text", "fields", "made"),
    [
        ("", "as it is", {}, "as it is"),
        ("json_extract", DATA, {"json_path": "items.0.name"}, "tea"),
        ("json_extract", DATA, {"json_path": "$.items[2].name"}, "cake"),
        ("json_extract", DATA, {"json_path": "$items.1.n"}, "2"),
        ("json_extract", DATA, {"json_path": "items.*.name"}, '[\n  "tea",\n  "cake"\n]'),
        ("json_extract", DATA, {"json_path": "items.2.n"}, '{\n  "x": 3\n}'),
        ("json_extract", DATA, {"json_path": "ok"}, "true"),
        ("json_extract", DATA, {"json_path": "none"}, "null"),
        ("json_extract", DATA, {"json_path": "zzz", "default": "?"}, "?"),
        ("json_extract", "[1, 2]", {"json_path": "*"}, "[\n  1,\n  2\n]"),
        ("json_extract", "[1, 2]", {}, "[\n  1,\n  2\n]"),
        ("json_extract", '"text"', {"json_path": "$"}, "text"),
        ("json_extract", '{"*": 5}', {"json_path": "*"}, "5"),
        ("regex_match", "a1 b22 c", {"regex": "[a-z]\\d+"}, "a1\nb22"),
        ("regex_match", "abc", {"regex": "x"}, ""),
        ("template", "ignored", {"template_str": "Hi {who}"}, "Hi Ada"),
        ("split", "a\n\n  \nb\r\nc", {}, '["a","b","c"]'),
        ("to_json", "one", {}, '["one"]'),
        ("merge", "", {"inputs": ["who", "empty", "missing", "what"]}, "Ada\n\n---\n\ntea"),
        ("truncate", "abcdef", {"truncate_limit": 4}, "abcd\n[truncated from 6 chars]"),
        ("truncate", "abcdef", {"truncate_limit": 6}, "abcdef"),
        ("truncate", "abcdef", {"template_str": "2"}, "ab\n[truncated from 6 chars]"),
        ("truncate", "abcdef", {"json_path": "3"}, "abc\n[truncated from 6 chars]"),
        ("truncate", "a" * 5_001, {}, "a" * 5_000 + "\n[truncated from 5001 chars]"),
        ("replace", "a-b-c", {"regex": "-", "template_str": "+"}, "a+b+c"),
        ("replace", "Ada L", {"regex": "(\\w+) (\\w+)", "template_str": "$2, $1 [$&] $$1 $9"}, "L, Ada [Ada L] $1 $9"),
        ("replace", "x", {"regex": "(x)", "template_str": "$12"}, "x2"),
        ("replace", "abc", {"regex": "", "template_str": "z"}, "abc"),
        ("replace", "ab", {"regex": "b?", "template_str": "_"}, "_a__"),
        ("filter", "tea\ncoffee\nteapot", {"regex": "^tea"}, "tea\nteapot"),
        ("filter", "tea\ncoffee", {}, "tea\ncoffee"),
        ("map", "a\n\nb", {"template_str": "{index}. {item} for {who}"}, "0. a for Ada\n1. b for Ada"),
        ("map", "{who}", {"template_str": "<{item}>"}, "<{who}>"),
        ("map", "a\nb", {}, "a\nb"),
        ("join", '["a", 1, {"b": 2}]', {"template_str": ", "}, 'a, 1, {"b":2}'),
        ("join", '["a", "b"]', {}, "a\nb"),
        ("join", '["a", "b"]', {"template_str": ""}, "ab"),
        ("join", '{"a": 1}', {}, '{"a": 1}'),
        ("join", "no list", {}, "no list"),
        ("from_json", '["a", 2, [3]]', {}, "a\n2\n[3]"),
        ("from_json", '{"a": "x", "b": {"c": 1}}', {}, 'a: x\nb: {"c":1}'),
        ("from_json", "3.0", {}, "3"),
        ("from_json", "{oops", {}, "{oops"),
    ],
)
def test_made(operation: str, text: str, fields: dict[str, Any], made: str) -> None:
    scope = Scope({"who": "Ada", "what": "tea", "empty": ""})
    assert transformed(operation, text, Transform(**fields, scope=scope)) == made


def test_text_that_is_no_json_is_told() -> None:
    told: list[str] = []
    made = transformed("json_extract", "{oops", Transform(json_path="a", warn=told.append))
    assert made.startswith("[JSON parse error: ")
    assert made.endswith("]")
    assert len(told) == 1


def test_a_path_that_leads_nowhere_fails() -> None:
    for path in ("items.9", "items.x", "ok.x", "zzz"):
        with pytest.raises(OqlError, match=f'json_extract: path "{path}" not found'):
            transformed("json_extract", DATA, Transform(json_path=path))


def test_a_bad_expression_fails() -> None:
    for operation in ("regex_match", "replace", "filter"):
        with pytest.raises(OqlError, match="bad regular expression"):
            transformed(operation, "text", Transform(regex="("))


def test_what_grows_is_asked_for_first() -> None:
    class RefusedError(Exception):
        pass

    def refuse(size: int) -> None:
        raise RefusedError(size)

    long = Transform(regex="x", template_str="y" * 2_000_000, claim=refuse)
    with pytest.raises(RefusedError):
        transformed("replace", "xxx", long)
    with pytest.raises(RefusedError):
        transformed("map", "a\nb", Transform(template_str="{item}" + "y" * 2_000_000, claim=refuse))


def test_every_operation_is_tried_here() -> None:
    tried = {case.values[0] if hasattr(case, "values") else case[0] for case in test_made.pytestmark[0].args[1]}
    assert set(OPERATIONS) <= tried
