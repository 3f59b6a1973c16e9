"""A program is the same after every way there and back: compiled again, as JSON, and in its layout."""

from dataclasses import replace

from hypothesis import assume, given

from oql.errors import ProgramError
from oql.explain import explain
from oql.fmt import format_text
from oql.program import Program, compile_text
from tests.fuzz.control import STARTING, programs
from tests.fuzz.dose import dose
from tests.fuzz.engines import ending, run
from tests.fuzz.grammar_texts import texts
from tests.fuzz.mutations import mutated
from tests.fuzz.trees import Block, written


def compiled(text: str) -> Program:
    try:
        return compile_text(text)
    except ProgramError:
        assume(False)
        raise


def without_places(program: Program) -> list[object]:
    """What a program does, places in the text left out."""
    return [
        (i.op, i.path, i.branch, i.on_error, i.keep, {k: _unplaced(k, v) for k, v in i.data.items()})
        for i in program.code
    ]


def _unplaced(key: str, value: object) -> object:
    if key == "passed" and isinstance(value, list):
        return [name for name, *_ in value]
    return None if key == "body" else value


@dose(80)
@given(texts())
def test_compiled_twice(text: str) -> None:
    assert compiled(text) == compile_text(text)


@dose(80)
@given(texts())
def test_json(text: str) -> None:
    program = compiled(text)
    again = Program.from_json(program.to_json())
    assert again == program
    assert again.to_json() == program.to_json()
    assert explain(again) == explain(program)


@dose(80)
@given(programs(16))
def test_json_runs_the_same(tree: Block) -> None:
    program = compile_text(written(tree, waits=False))
    again = Program.from_json(program.to_json())
    assert ending(run(again, dict(STARTING))) == ending(run(program, dict(STARTING)))


@dose(80)
@given(texts())
def test_layout_of_all_verbs(text: str) -> None:
    layout_keeps(text)


@dose(80)
@given(mutated())
def test_layout_of_mutations(text: str) -> None:
    layout_keeps(text)


def layout_keeps(text: str) -> None:
    program = compiled(text)
    written_anew = format_text(text)
    assert format_text(written_anew) == written_anew
    formatted = compile_text(written_anew)
    assert without_places(formatted) == without_places(program)
    assert replace(formatted, source=program.source, code=program.code) == program
