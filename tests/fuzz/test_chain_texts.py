"""No text makes anything but a chain that can be started, or problems that say where they are."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from chains.conditions import condition
from chains.document import read
from chains.editing import add_step, remove_step
from chains.examination import examine
from chains.inputs import InputRefused
from chains.lowering import ChainRefused, lowered
from chains.pipelines.document import read_pipeline
from chains.problems import Problem
from chains.references import Scope
from chains.rehearsal import taken
from oql.errors import OqlError
from oql.formats.yaml_edits import EditRefused
from tests.fuzz.chain_texts import chain_texts
from tests.fuzz.dose import dose


def located(problems: Sequence[Problem], text: str) -> None:
    """Each problem says something, and its place is in the text."""
    lines = text.count("\n") + 1
    for problem in problems:
        assert problem.message
        assert 0 <= problem.line <= lines + 1, problem
        assert problem.column >= 0, problem


def survives(text: str) -> None:
    """The text is read as a chain and as a pipeline; a chain without errors can be started, any other cannot."""
    document = read(text)
    located(document.problems, text)
    located(read_pipeline(text).problems, text)
    located(examine(text), text)
    if document.chain is None:
        assert any(problem.level == "error" for problem in document.problems)
        with pytest.raises(ChainRefused):
            lowered("chain", "drawn", text)
    else:
        assert not [problem for problem in document.problems if problem.level == "error"]
        assert lowered("chain", "drawn", text).program.code
        with suppress(InputRefused):
            taken(document.chain, {})


@dose(150)
@given(chain_texts())
def test_mutated_chains(text: str) -> None:
    survives(text)


@dose(100)
@given(st.text(max_size=40) | st.text(st.sampled_from("-:{}[]&*!|>'\"%@`#?, \n\tab1~"), max_size=40))
def test_any_text(text: str) -> None:
    survives(text)


@dose(50)
@given(chain_texts(), st.sampled_from(["draft", "facts", "x", ""]))
def test_edits(text: str, step: str) -> None:
    with suppress(EditRefused):
        survives(remove_step(text, step))
    with suppress(EditRefused):
        survives(add_step(text, {"id": "added", "prompt": "x"}, step or None))


WORDS = ["{x}", "{x.y}", "{n|0}", "==", "!=", ">=", "<", "&&", "||", "!", "(", ")", "contains", "'a'", '"', "1", "a"]
SIGNS = st.text(st.sampled_from("{}()!=<>&|'\" \\.ax01-"), max_size=30)


@dose(200)
@given(SIGNS | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_conditions(text: str) -> None:
    scope = Scope({"x": "8", "n": '{"y": [1]}'})
    with suppress(OqlError):
        assert condition(text).holds(scope) in (True, False)
