"""CONVERT: values there and back, documents made to blow up, and html that is safe to show."""

import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oql.values import Multi
from tests.verbs.programs import failure_of, peak_of_failure, value_of

MEMORY = 2**20
"""The memory limit of the runs that must be stopped; what Python may hold meanwhile is four times as much."""

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [
        "1e3",
        "010",
        "0x1F",
        "yes",
        "null",
        "~",
        "",
        " ",
        "- a",
        "a: b",
        "#",
        "2026-01-01",
        "1_000",
        ".5",
        "<<",
        "=",
        "\x85",
    ]
)
numbers = st.integers(-(2**70), 2**70) | st.floats(-1e9, 1e9).map(lambda number: round(number, 3))
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def converted(value: object, from_: str, to: str) -> str:
    program = "CONVERT ?v FROM ?from TO ?to SET ?r AFTER EMIT ?r"
    return str(value_of(program, {"v": value, "from": from_, "to": to}))


def failure(value: object, from_: str, to: str = "json") -> str:
    error = failure_of("CONVERT ?v FROM ?from TO ?to", {"v": value, "from": from_, "to": to})
    assert error.code == "ConvertFailed"
    return error.message


@given(values)
def test_yaml_gives_back_what_it_was_given(value: Any) -> None:
    assert json.loads(converted(converted([value], "json", "yaml"), "yaml", "json")) == [value]


@given(st.lists(st.fixed_dictionaries({"a": texts, "b,": texts}), min_size=1, max_size=4))
def test_csv_gives_back_its_rows(rows: list[dict[str, str]]) -> None:
    text = converted(rows, "json", "csv")
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == rows
    shown = [row for row in rows if any(row.values())]
    assert json.loads(converted(text, "csv", "json")) == shown


words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8)
names = st.from_regex(r"[a-z][a-z0-9-]{0,4}", fullmatch=True)
elements = st.recursive(
    words | st.none(), lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3), max_leaves=8
)


@given(names, elements)
def test_xml_gives_back_its_elements(name: str, value: Any) -> None:
    text = converted({name: value}, "json", "xml")
    assert json.loads(converted(text, "xml", "json")) == {name: value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": {"@id": 1, "#text": "x & y"}}, '<a id="1">x &amp; y</a>'),
        ([1, True, None], "<root><item>1</item><item>true</item><item></item></root>"),
        ({"a": 1, "b": [1, {"c": 2}]}, "<root><a>1</a><b>1</b><b><c>2</c></b></root>"),
        (5, "<root>5</root>"),
    ],
)
def test_xml_has_one_root(value: object, text: str) -> None:
    assert converted(value, "json", "xml") == f'<?xml version="1.0" encoding="utf-8"?>\n{text}'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("base: &b {x: 1}\nc:\n  <<: *b\n  y: 2", {"base": {"x": 1}, "c": {"x": 1, "y": 2}}),
        (
            "- 2026-01-15\n- yes\n- 010\n- 1e3\n- 0x1F\n- .inf\n- 12:30",
            ["2026-01-15", "yes", 10, 1000, "0x1F", ".inf", "12:30"],
        ),
        ("1: a\ntrue: b", {"1": "a", "true": "b"}),
        ("", None),
    ],
)
def test_yaml_is_read_by_the_core_schema(text: str, value: object) -> None:
    assert json.loads(converted(text, "yaml", "json")) == value


def test_short_rows_lack_their_last_columns() -> None:
    assert json.loads(converted("\ufeffa,b\r\n1\r\n\r\n2,3\r\n", "csv", "json")) == [{"a": "1"}, {"a": "2", "b": "3"}]


@pytest.mark.parametrize(
    ("from_", "text", "message"),
    [
        ("csv", "a,b\n1,2,3", "csv: a row of 3 values in a table of 2 columns at line 2"),
        ("csv", "a,a\n1,2", "csv: two columns are named `a` at line 1"),
        ("csv", 'a\n"b', "csv: unexpected end of data at line 2"),
        ("json", '{"a": tru}', "json: invalid literal, expected 'true' at line 1, column 7"),
        ("yaml", "a: 1\n b: 2", "yaml: mapping values are not allowed in this context at line 2, column 3"),
        ("yaml", "a: *b", "yaml: found undefined alias at line 1, column 4"),
        (
            "yaml",
            "a: &b [1, *b]",
            "yaml: `*b` is recursive: it stands inside of what it stands for at line 1, column 11",
        ),
        ("yaml", "1\n---\n2", "yaml: but found another document at line 2, column 1"),
        ("xml", "<a>\n<b></a>", "xml: mismatched tag at line 2, column 6"),
        ("xml", "", "xml: no element found at line 1, column 1"),
    ],
)
def test_errors_say_where(from_: str, text: str, message: str) -> None:
    assert failure(text, from_) == message


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("from_", "text", "message"),
    [
        ("yaml", BOMB, "more than 100,000 values"),
        ("yaml", "[" * 100_000, "nested more than 64 levels deep"),
        ("yaml", "- " * 70 + "1", "nested more than 64 levels deep"),
        (
            "yaml",
            "".join(f"- &a{n} {'[' * 30}*a{n - 1}{']' * 30}\n" for n in range(3)).replace("*a-1", "1"),
            "levels deep",
        ),
        ("yaml", "&a [*a]", "recursive"),
        ("yaml", "x" * (2**20 + 1), "yaml of more than 1,048,576 characters"),
        ("yaml", "!!python/object/apply:os.system ['true']", "is not plain data"),
        ("yaml", "!!set {a, b}", "is not plain data"),
        ("yaml", "? [a]\n: 1", "a key is an array or object"),
        ("xml", '<!DOCTYPE a [<!ENTITY x "ha">]><a>&x;</a>', "a document type is not accepted"),
        ("xml", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "a document type is not accepted"),
        ("xml", "<a>&undefined;</a>", "undefined entity"),
        ("xml", "<a>" * 100_000, "nested more than 64 levels deep"),
        ("json", "[" * 100 + "]" * 100, "levels deep"),
    ],
    ids=lambda value: value[:20],
)
def test_documents_made_to_blow_up_are_refused(from_: str, text: str, message: str) -> None:
    assert message in failure(text, from_)


@pytest.mark.parametrize(
    ("value", "from_", "to"),
    [
        ("a\n" + "1\n" * 40_000, "csv", "json"),
        (",".join(f"c{n}" for n in range(9_000)) + "\n1" * 9_000, "csv", "csv"),
        ("<a>" + "<b/>" * 40_000 + "</a>", "xml", "json"),
        ("[" + "1," * 40_000 + "1]", "yaml", "json"),
        ([{f"k{n}": 1} for n in range(1_000)], "json", "csv"),
        ({"x" * 2_000: [1] * 2_000}, "json", "xml"),
        ([1] * 12_000, "json", "yaml"),
        ("*a* " * 20_000, "markdown", "html"),
    ],
    ids=["rows", "columns", "elements", "values", "sparse rows", "long names", "written yaml", "marks"],
)
def test_what_would_be_too_large_is_not_made(value: object, from_: str, to: str) -> None:
    program = f"CONVERT ?v FROM {from_} TO {to}"
    code, peak = peak_of_failure(program, {"v": value}, MEMORY)
    assert code == "LimitExceeded"
    assert peak < 4 * MEMORY


@pytest.mark.slow
def test_a_value_that_holds_itself_many_times_is_measured_first() -> None:
    value: object = ["x"]
    for _ in range(60):
        value = [value, value]
    for program in (
        "CONVERT ?v FROM json TO json",
        'CAST ?v AS "json"',
        'SIGN ?v USING "HS256" WITH "s"',
        'CACHE ?v AS "k"',
    ):
        assert failure_of(program, {"v": value}).code == "LimitExceeded"


@pytest.mark.parametrize(
    "value", [{"a b": 1}, {"1a": 1}, {"a": {"#text": {"b": 1}}}, {"@a": "1"}, "\x01", {"a": {"@b": [1]}}, {"<a": 1}]
)
def test_what_xml_cannot_hold_is_refused(value: object) -> None:
    assert failure(value if not isinstance(value, str) else [value], "json", "xml").startswith("xml: ")


@pytest.mark.parametrize("value", [5, "x", ["a"], [{}, []]])
def test_what_csv_cannot_hold_is_refused(value: object) -> None:
    assert failure(json.dumps(value), "json", "csv") == "csv: csv holds an array of objects, or of arrays"


@pytest.mark.parametrize("pair", [("markdown", "json"), ("json", "html"), ("csv", "html")])
def test_markdown_becomes_html_only(pair: tuple[str, str]) -> None:
    assert failure("x", *pair) == f"{pair[0]} does not convert to {pair[1]}"


@pytest.mark.parametrize("value", [None, 5, ["a"], b"a,b", Multi([1, 2])])
def test_only_text_is_read(value: object) -> None:
    assert failure(value, "csv").startswith("expected text to read as csv, found ")


TAGS = re.compile(r"</?([a-z0-9]+)((?: [a-z]+=\"[^\"<>]*\")*)(?: /)?>")
PARTS = ["<script>", "</b>", "<b onclick=x>", "[a](", "javascript:x", "data:text/html,x", ")", "![", "`", "*", "&lt;"]
PARTS += ["\n", "#", "|", '"', "'", "<http://a>", "~~", "- ", "> "]
SAFE = {"p", "em", "strong", "code", "pre", "a", "img", "ul", "ol", "li", "blockquote", "hr", "br", "s"}
SAFE |= {"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=12).map("".join))
def test_html_from_markdown_is_safe(text: str) -> None:
    html = converted(text, "markdown", "html")
    assert "<" not in TAGS.sub("", html)
    for name, attributes in TAGS.findall(html):
        assert name in SAFE
        assert not re.search(r' on\w+=|(?:href|src)="\s*(?:javascript|vbscript|data|file):', attributes, re.IGNORECASE)
