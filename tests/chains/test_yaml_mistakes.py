"""Texts that are no YAML: what is said of the mistake, and where it is."""

import pytest

from chains.document import read

_NO_KEY = "mapping values are not allowed in this context"
_TOKEN = "found character that cannot start any token"


def step(*lines: str) -> str:
    """A chain of one step, whose further lines are as they are given: the first of them is line 4."""
    return "\n".join(["name: x", "steps:", "  - id: a", *lines, "output: o", ""])


def indented(found: str, wanted: str, reason: str) -> str:
    return f"the indentation of {found} differs from that of the lines before: {wanted} ({reason})"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (
            step("    prompt: p", "   output_var: o"),
            (5, 4),
            indented("3 blanks", "4 in line 3", "did not find expected '-' indicator"),
        ),
        (
            step("    prompt: p", "    output_var: o", "", " - id: b", "   prompt: q"),
            (7, 2),
            indented("1 blank", "2 in line 3", "did not find expected key"),
        ),
        (
            step("    prompt: p", "    - id: b", "      prompt: q"),
            (5, 5),
            indented("4 blanks", "2 in line 3", "did not find expected key"),
        ),
        (
            step("    depends_on:", "      - b", "     - c"),
            (6, 6),
            indented("5 blanks", "6 in line 5", "did not find expected key"),
        ),
        (step("    prompt: p", "      output_var: o"), (5, 7), indented("6 blanks", "4 in line 3", _NO_KEY)),
        ("name: x\n steps:\n  - id: a\n", (2, 2), indented("1 blank", "0 in line 1", _NO_KEY)),
        (
            "  name: x\nsteps:\n  - id: a\n",
            (2, 1),
            indented("0 blanks", "2 in line 1", "did not find expected <document start>"),
        ),
        (
            step("    prompt: |", "      one", "     two"),
            (6, 6),
            indented("5 blanks", "6 in line 5", "did not find expected key"),
        ),
    ],
)
def test_indentation(text: str, place: tuple[int, int], said: str) -> None:
    assert_said(text, place, said)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("name: x\nsteps:\n\t- id: a\n", (3, 1), f"a tab stands in column 1, where YAML wants blanks ({_TOKEN})"),
        ("steps:\n  -\tid: a\n  -\tid: b\n", (2, 4), f"a tab stands in column 4, where YAML wants blanks ({_TOKEN})"),
        (
            step("  \tprompt: p"),
            (4, 3),
            "a tab stands in column 3, where YAML wants blanks (found a tab character that violates indentation)",
        ),
        (step("    prompt: @x"), (4, 13), f"a text that begins with `@` stands in quotes ({_TOKEN})"),
        (
            step('    prompt: "hello', "    output_var: o"),
            (4, 13),
            "the quote that begins in column 13 is never closed (found unexpected end of stream)",
        ),
        (
            step("    prompt: 'hello", "    output_var: o"),
            (4, 13),
            "the quote that begins in column 13 is never closed (found unexpected end of stream)",
        ),
        (
            step('    prompt: "hello', "    output_var: o", '  - id: "b"'),
            (4, 13),
            "the quote that begins in column 13 is not closed in its line (did not find expected key)",
        ),
        (
            step('    prompt: "say "hi" now"'),
            (4, 19),
            "a text in quotes ends before this; to have such quotes in it, put the other kind around it "
            "(did not find expected key)",
        ),
    ],
)
def test_tabs_and_quotes(text: str, place: tuple[int, int], said: str) -> None:
    assert_said(text, place, said)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (
            "name: x\nsteps:\n  - id:count\n    prompt: p\n",
            (3, 8),
            f"a blank is missing behind the colon of `id:` ({_NO_KEY})",
        ),
        ("name:x\nsteps:\n  - id: a\n", (1, 6), f"a blank is missing behind the colon of `name:` ({_NO_KEY})"),
        (
            step("    prompt:p", "", "    output_var: o"),
            (4, 12),
            "a blank is missing behind the colon of `prompt:` (could not find expected ':')",
        ),
        (step("    prompt: say: it"), (4, 16), f"a text with a colon and a blank in it stands in quotes ({_NO_KEY})"),
        (
            step("    prompt: http://x y: it"),
            (4, 23),
            f"a text with a colon and a blank in it stands in quotes ({_NO_KEY})",
        ),
    ],
)
def test_colons(text: str, place: tuple[int, int], said: str) -> None:
    assert_said(text, place, said)


LOST = "the text has lost its line ends; curl keeps them with `--data-binary`"


def test_a_text_without_its_line_ends() -> None:
    """As `curl -d @file` sends it."""
    text = step("    prompt: p", "    output_var: o").replace("\n", "")
    [problem] = read(text).problems.errors
    assert str(problem) == f"yaml: line 1: {LOST} ({_NO_KEY})"
    commented = read(f"# A chain.{text}").problems.errors
    assert [str(each) for each in commented] == [f"expected an object with the keys name, steps and output; {LOST}"]
    assert LOST not in str(read("name: [x").problems[0])


def test_other_mistakes_are_told_in_the_words_of_the_parser() -> None:
    assert_said("a: [b\nc: d\n", (2, 2), "did not find expected ',' or ']'")
    assert_said("a: b\na: c\n", (2, 1), "the key `a` stands twice")


def test_long_texts_with_a_mistake_at_their_end() -> None:
    """What is looked at of each line does not grow with the text."""
    dashes = "- " * 250_000
    for inside in (f"  {dashes}\n", "  - a: 'b\n" * 50_000):
        [problem] = read(f"name: |\n{inside}steps:\n   x: 1\n  y: 2\n").problems
        assert "the indentation of 2 blanks differs" in str(problem)


def assert_said(text: str, place: tuple[int, int], said: str) -> None:
    [problem] = read(text).problems
    assert (problem.line, problem.column, str(problem)) == (*place, f"yaml: line {place[0]}: {said}")
