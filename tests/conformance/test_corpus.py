"""The reader of the corpus: what it reads, and how it names the place of a malformed case."""

import re
from pathlib import Path

import pytest

from tests.conformance.corpus import Case, CorpusError, Failure, Marks, cases, read

PAGE = Path("page.oqlt")
SMALLEST = "# Page\n==========\n"


def only(section: str) -> Case:
    """The one case of a page with this section."""
    (case,) = read(SMALLEST + section, PAGE)
    return case


def test_a_result() -> None:
    case = only('# says hello\nEMIT "a"\nEMIT "b"\n---\n"ab"\n')
    assert (case.line, case.title, case.program) == (3, "says hello", 'EMIT "a"\nEMIT "b"')
    assert case.expected.results == ('"ab"',)
    assert case.expected.trace is None


def test_marks() -> None:
    marks = "@now 5\n@seed 7\n@request header:x = a = b\n@limit steps = 9\n@var x = [1]\n@warning 1:1\n"
    case = only(f"# marks\n{marks}EMIT ?x\n---\n[1]")
    assert case.marks == Marks({"header:x": "a = b"}, {"steps": 9}, {"x": [1]}, 5, 7, warnings=("1:1",))


def test_results_that_vary() -> None:
    assert only("# any\n@one-of\nEMIT ?m\n---\n[1, 2]").expected.results == ("1", "2")
    assert only("# like\n@matches\nUUID\n---\n^x+$").expected.pattern == "^x+$"


def test_an_error_with_its_texts() -> None:
    case = only("# fails\nUPER\n---\nerror ParseError at 1:1\nhint: UPPER\nsays: verb")
    assert case.expected.failures == (Failure("ParseError", "1:1", (("hint", "UPPER"), ("says", "verb"))),)


def test_all_errors() -> None:
    expected = only("# fails\nUPER LOWR\n---\nerrors\nParseError at 1:1 UPER\nParseError at 1:6").expected
    assert expected.failures == (Failure("ParseError", "1:1", (("message", "UPER"),)), Failure("ParseError", "1:6"))
    assert expected.complete


def test_a_trace() -> None:
    assert only("# traced\nEMIT 1\n---\n1\n---\nEMIT Ok\n").expected.trace == ("EMIT Ok",)


def test_a_result_of_several_lines() -> None:
    assert only('# pretty\nEMIT ?o\n---\n{\n  "a": 1\n}').expected.results == ('{"a": 1}',)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no title", "page.oqlt:1: a page begins with its title"),
        ("# Page\nEMIT 1\n", "page.oqlt:1: a page begins with its title"),
        ("# Page\n", "page.oqlt:1: a page has no case"),
        (f"{SMALLEST}EMIT 1\n---\n1", "page.oqlt:3: a case begins with a line"),
        (f"{SMALLEST}# no outcome\nEMIT 1\n", "page.oqlt:4: a case has a line `---`"),
        (f"{SMALLEST}# no program\n---\n1", "page.oqlt:5: a case has a program"),
        (f"{SMALLEST}# mark\n@nwo 5\nEMIT 1\n---\n1", "page.oqlt:4: `@nwo` is not a mark"),
        (f"{SMALLEST}# pair\n@limit steps 5\nEMIT 1\n---\n1", "page.oqlt:4: this mark needs"),
        (f"{SMALLEST}# limit\n@limit stesp = 5\nEMIT 1\n---\n1", "page.oqlt:4: `stesp` is not a limit"),
        (f"{SMALLEST}# json\nEMIT 1\n---\n{{", "page.oqlt:6: `{` is not JSON"),
        (f"{SMALLEST}# code\nEMIT 1\n---\nerror Parse at 1:1", "page.oqlt:7: `Parse at 1:1` is not"),
        (f"{SMALLEST}# part\nX\n---\nerror ParseError at 1:1\nhnit: x", "page.oqlt:7: after an error come lines"),
        (f"{SMALLEST}# one of\n@one-of\nEMIT 1\n---\n1", "page.oqlt:7: @one-of needs an array"),
    ],
)
def test_a_malformed_case_is_reported_with_its_place(text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=f"^{re.escape(message)}"):
        list(read(text, PAGE))


def test_no_two_cases_have_the_same_name() -> None:
    names = [(case.path.name, case.title) for case in cases()]
    assert sorted({name for name in names if names.count(name) > 1}) == []
