"""No text whatsoever makes anything but a result or an error of the language, with a place that exists."""

from hypothesis import given, strategies as st

from oql.engine import Outcome
from oql.errors import Code, OqlError, ProgramError
from oql.fmt import format_text
from oql.program import inspect
from oql.report import error_json, error_text, warning_text
from oql.source import Source
from oql.tokens import unfinished
from oql.values import to_json
from tests.fuzz.dose import dose
from tests.fuzz.engines import run
from tests.fuzz.grammar_texts import texts
from tests.fuzz.mutations import mutated


def shown(error: OqlError, source: Source) -> None:
    """The error lies inside the text, and can be shown in each way there is."""
    assert error.span is not None, error
    assert 0 <= error.span.start <= error.span.end <= len(source.text), error
    assert to_json(error_json(error, source))
    assert error_text(error, source, color=True).encode()


def ends_well(outcome: Outcome) -> None:
    """The run has a result or an error of the language, and its answer can be sent."""
    if outcome.error:
        assert outcome.error.code is not Code.INTERNAL, outcome.error
        shown(outcome.error, outcome.program.source)
    assert to_json(outcome.as_json("job"))


def survives(text: str) -> None:
    """The text is checked, and run when nothing is wrong with it."""
    checked = inspect(text)
    for error in checked.errors:
        shown(error, checked.source)
    for warning in checked.warnings:
        assert warning_text(warning, checked.source).encode()
    assert (checked.program is None) == bool(checked.errors)
    if checked.program:
        ends_well(run(checked.program, {"l": [1, "a", None], "o": {"k": "v"}}))


@dose(300)
@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text(text: str) -> None:
    survives(text)


@dose(300)
@given(st.text(st.sampled_from("?!()&*\"'`\\ \n-.0aAZ_{}[];=<>,:\0\ufeff\ud800é"), max_size=40))
def test_any_signs(text: str) -> None:
    survives(text)


@dose(600)
@given(mutated())
def test_programs_with_mistakes(text: str) -> None:
    survives(text)


@dose(500)
@given(texts())
def test_programs_of_all_verbs(text: str) -> None:
    survives(text)


@dose(300)
@given(mutated())
def test_tools_that_read_texts(text: str) -> None:
    assert unfinished(text) in (True, False)
    try:
        format_text(text)
    except ProgramError as error:
        for one in error.errors:
            shown(one, Source(text))
