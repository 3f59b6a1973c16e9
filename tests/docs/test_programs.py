"""Every program in the pages gives what stands behind it, run by the real language."""

import json
from typing import Any

import pytest

from oql.errors import OqlError, ProgramError
from oql.report import error_text
from oql.source import Source
from oql.values import to_json
from tests.conformance.corpus import Marks, canonical
from tests.conformance.runs import run
from tests.docs.pages import Block, Example, examples, pages

EXAMPLES = [example for page in pages() for example in examples(page, "oql")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.block.place)
def test_program(example: Example) -> None:
    outcome, error = _outcome(example.block)
    if error is not None:
        assert example.shown.language == "text", error.message
        assert error_text(error, Source(example.block.text, "program.oql")) + "\n" == example.shown.text
    elif example.shown.language == "text":
        assert isinstance(outcome, str)
        assert outcome.rstrip("\n") + "\n" == example.shown.text
    else:
        assert example.shown.language == "json", "a program needs its result in the next block"
        assert canonical(json.loads(to_json(outcome))) == canonical(json.loads(example.shown.text))


def _outcome(block: Block) -> tuple[Any, OqlError | None]:
    """The result of a program, or its error."""
    try:
        outcome = run(block.text, _marks(block.words))
    except ProgramError as error:
        return None, error
    return outcome.result, outcome.error


def _marks(words: tuple[str, ...]) -> Marks:
    """`request:KEY=TEXT`, `limit:NAME=NUMBER`, `var:NAME=JSON` and `now=SECONDS` behind the language of a block."""
    kept: dict[str, dict[str, Any]] = {"request": {}, "limit": {}, "var": {}, "now": {}}
    for word in words:
        name, _, value = word.partition("=")
        kind, _, key = name.partition(":")
        kept[kind][key] = value if kind == "request" else json.loads(value)
    return Marks(kept["request"], kept["limit"], kept["var"], kept["now"].get(""))


def test_there_are_programs_in_the_pages() -> None:
    assert {"README.md", "docs/language.md"} <= {example.block.page for example in EXAMPLES}


def test_marks_are_read() -> None:
    marks = _marks(("request:header:x-name=Ada L", "limit:steps=3", 'var:a=["x"]', "now=7"))
    assert marks == Marks({"header:x-name": "Ada L"}, {"steps": 3}, {"a": ["x"]}, 7)
