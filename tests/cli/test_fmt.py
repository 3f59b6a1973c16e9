"""The layout of programs: what it looks like, and that it never changes what a program means."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies

from oql.errors import ProgramError
from oql.fmt import format_text
from oql.program import Program, compile_text
from oql.tokens import pieces, read
from tests.cli.calling import oql
from tests.conformance.corpus import cases
from tests.fuzz.dose import dose, part

PROGRAMS = sorted({case.program for case in cases()})


def laid_out(text: str) -> str | None:
    """The program in its layout, None when it has syntax errors."""
    try:
        return format_text(text)
    except ProgramError:
        return None


READABLE = [text for text in PROGRAMS if laid_out(text) is not None]


def compiled(text: str) -> Any:
    """What a program does, places in the text left out; or its static errors."""
    try:
        program: Program = compile_text(text)
    except ProgramError as errors:
        return [(error.code, error.message) for error in errors.errors]
    return [(i.op, i.path, i.branch, i.on_error, i.keep, _without_places(i.data)) for i in program.code]


def _without_places(data: Any) -> dict[str, Any]:
    return {
        key: [name for name, _, _ in value] if key == "passed" else value
        for key, value in data.items()
        if key != "body"
    }


def test_most_of_the_corpus_can_be_laid_out() -> None:
    assert len(READABLE) > 800


def test_laying_out_twice_is_laying_out_once() -> None:
    once = [format_text(text) for text in part(READABLE, 3)]
    assert [format_text(text) for text in once] == once


def test_a_laid_out_program_does_the_same() -> None:
    different = [text for text in part(READABLE, 3) if compiled(format_text(text)) != compiled(text)]
    assert different == []


GAPS = strategies.sampled_from([" ", "\n", "\t ", "\n\n\n", "\r\n", " (* c *) ", "\n(* own\n line *)\n"])


@dose(150)
@given(strategies.sampled_from(READABLE), strategies.randoms(use_true_random=False), strategies.lists(GAPS, min_size=8))
@pytest.mark.slow
def test_any_layout_keeps_its_words_and_comments(text: str, chance: random.Random, gaps: list[str]) -> None:
    scattered = chance.choice(gaps).join(["", *(token.text for token in read(text).tokens), ""])
    once = format_text(scattered)
    assert pieces(once, read(once).tokens) == pieces(scattered, read(scattered).tokens)
    assert format_text(once) == once


@dose(100)
@given(strategies.sampled_from(READABLE), strategies.randoms(use_true_random=False))
def test_without_comments_the_layout_depends_on_the_words_alone(text: str, chance: random.Random) -> None:
    words = [token.text for token in read(text).tokens]
    scattered = "".join(word + chance.choice([" ", "\n", "\t\n "]) for word in words)
    assert format_text(scattered) == format_text(" ".join(words))


def test_a_step_begins_a_line_behind_its_connector() -> None:
    text = (
        'CACHE "k" SET ?c AFTER IF ?c IS NOT NULL OPEN   NEST EMIT ?c CLOSE NEST ELSE IF ?c IS  NULL OPEN NEST '
        'CLOSE NEST OR UPPER "a" SET ?a AND LOWER "b" SET ?b AND IF ?a IS NULL OPEN NEST EMIT 1 CLOSE NEST '
        "AFTER EMIT ?a&?b EMIT 2"
    )
    assert format_text(text) == (
        'CACHE "k" SET ?c\n'
        "AFTER IF ?c IS NOT NULL OPEN NEST\n"
        "  EMIT ?c\n"
        "CLOSE NEST ELSE IF ?c IS NULL OPEN NEST CLOSE NEST\n"
        'OR UPPER "a" SET ?a\n'
        '  AND LOWER "b" SET ?b\n'
        "  AND IF ?a IS NULL OPEN NEST\n"
        "    EMIT 1\n"
        "  CLOSE NEST\n"
        "AFTER EMIT ?a & ?b\n"
        "EMIT 2\n"
    )


def test_cases_stand_under_each_other() -> None:
    text = 'SWITCH ?x OPEN NEST CASE 1 OPEN NEST EMIT "one" CLOSE NEST DEFAULT OPEN NEST EMIT "x" CLOSE NEST CLOSE NEST'
    assert format_text(text) == (
        "SWITCH ?x OPEN NEST\n"
        "  CASE 1 OPEN NEST\n"
        '    EMIT "one"\n'
        "  CLOSE NEST\n"
        "  DEFAULT OPEN NEST\n"
        '    EMIT "x"\n'
        "  CLOSE NEST\n"
        "CLOSE NEST\n"
    )


def test_values_of_a_block_stay_on_the_line_when_they_fit() -> None:
    short = 'NEW ARRAY OPEN NEST\n 1 AND\n "b" CLOSE NEST SET ?a'
    assert format_text(short) == 'NEW ARRAY OPEN NEST 1 AND "b" CLOSE NEST SET ?a\n'
    key = "k" * 40
    long = f'NEW JSON OBJECT OPEN NEST SET "{key}" AS 1 AND SET "{key}" AS 2 SET "c" AS 3 CLOSE NEST SET ?o'
    assert format_text(long) == (
        f'NEW JSON OBJECT OPEN NEST\n  SET "{key}" AS 1\n  AND SET "{key}" AS 2\n  SET "c" AS 3\nCLOSE NEST SET ?o\n'
    )


def test_comments_and_single_blank_lines_stay() -> None:
    text = (
        "(* first *)   EMIT 1 (* behind *)\n\n\n\n"
        "(* own\n   lines *)\nAFTER IF ?a IS NULL OPEN NEST (* why *)\n\n\nEMIT (* inside *) 2\n\n(* last *)\n\n"
        "CLOSE NEST\n\n\n(* end *)\n\n"
    )
    assert format_text(text) == (
        "(* first *)\n"
        "EMIT 1 (* behind *)\n"
        "\n"
        "(* own\n   lines *)\n"
        "AFTER IF ?a IS NULL OPEN NEST (* why *)\n"
        "\n"
        "  EMIT (* inside *) 2\n"
        "\n"
        "  (* last *)\n"
        "CLOSE NEST\n"
        "\n"
        "(* end *)\n"
    )


def test_texts_are_not_touched() -> None:
    text = "EMIT \"a  b\n\t  c\\n\"&'it \"is\"'&?x( 'odd  key' )\n"
    assert format_text(text) == "EMIT \"a  b\n\t  c\\n\" & 'it \"is\"' & ?x( 'odd  key' )\n"


@pytest.mark.parametrize(("text", "layout"), [("", ""), (" \n ", ""), ("(* only *)", "(* only *)\n")])
def test_what_has_no_steps(text: str, layout: str) -> None:
    assert format_text(text) == layout


def test_deep_blocks_do_not_overflow() -> None:
    deep = "IF 1 IS EQUAL TO 1 OPEN NEST " * 500 + "EMIT 1 " + "CLOSE NEST " * 500
    assert format_text(deep).count("\n") == 1_001


# the command


def test_files_are_laid_out_in_place(tmp_path: Path) -> None:
    messy, neat, broken = (tmp_path / name for name in ("messy.oql", "neat.oql", "broken.oql"))
    messy.write_bytes(b'EMIT "a\r\nb"   AFTER EMIT 1')
    messy.chmod(0o640)
    neat.write_text("EMIT 1\n")
    broken.write_text("UPER 1")
    called = oql("fmt", ".", folder=tmp_path)
    assert (called.code, called.out) == (1, "")
    assert re.findall(r"error\[\w+\]|.*changed.*", called.err) == [
        "error[ParseError]",
        "messy.oql changed",
        "3 files: 1 changed, 1 unchanged, 1 with errors",
    ]
    assert messy.read_bytes() == b'EMIT "a\r\nb"\nAFTER EMIT 1\n'
    assert (messy.stat().st_mode & 0o777, neat.read_text(), broken.read_text()) == (0o640, "EMIT 1\n", "UPER 1")
    assert len(list(tmp_path.iterdir())) == 3


def test_check_and_diff_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.oql"
    file.write_text("EMIT   1\n")
    check = oql("fmt", "--check", "a.oql", folder=tmp_path)
    assert (check.code, check.out) == (1, "")
    assert check.err.splitlines()[0] == "a.oql would be changed"
    diff = oql("fmt", "--diff", "a.oql", folder=tmp_path)
    assert diff.out.splitlines()[2:] == ["@@ -1 +1 @@", "-EMIT   1", "+EMIT 1"]
    assert (diff.code, file.read_text()) == (1, "EMIT   1\n")
    file.write_text("EMIT 1\n")
    assert oql("fmt", "--check", "--diff", "a.oql", folder=tmp_path).code == 0


def test_standard_input_goes_to_standard_output() -> None:
    called = oql("fmt", "-", stdin="EMIT 1 AFTER EMIT 2")
    assert (called.code, called.out, called.err) == (0, "EMIT 1\nAFTER EMIT 2\n", "")


def test_nothing_to_lay_out_is_refused(tmp_path: Path) -> None:
    assert oql("fmt", "none.oql", folder=tmp_path).code == 2
    empty = oql("fmt", ".", folder=tmp_path)
    assert (empty.code, empty.err) == (2, "error: . has no *.oql files\n")
