"""The programs in examples/: each prints what its last comment says, and stands in the house layout."""

import re
from pathlib import Path

import pytest

from oql.fmt import format_text
from tests.cli.calling import ROOT, oql

EXAMPLES = sorted((ROOT / "examples").glob("*.oql"))
_PRINTS = re.compile(r"\(\* prints\n(.*\n)\*\)\n\Z", re.DOTALL)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_prints_what_it_says(path: Path) -> None:
    said = _PRINTS.search(path.read_text(encoding="utf-8"))
    assert said, "an example ends with a comment that begins with `prints`"
    called = oql("run", path)
    assert (called.code, called.out, called.err) == (0, said[1], "")


def test_examples_say_first_what_they_show_and_are_laid_out() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in EXAMPLES}
    assert [name for name, text in texts.items() if not text.startswith("(* ")] == []
    assert [name for name, text in texts.items() if format_text(text) != text] == []


def test_an_example_reads_the_request() -> None:
    called = oql("run", "examples/greeting.oql", "--request", "param:name=ada lovelace")
    assert called.out == "Hello, Ada Lovelace!\n"
