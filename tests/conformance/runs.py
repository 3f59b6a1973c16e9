"""Runs a text of the corpus through the real language, in the one place where its context is made."""

from dataclasses import replace
from random import Random

from oql import engine, program
from oql.context import CancelFlag, Context
from oql.limits import Limits
from server.contexts import Contexts
from substrate.interface import Store
from tests.conformance.corpus import Marks
from tests.conformance.file_stores import file_store
from tests.conformance.stores import sqlite_store, untouched

NAMESPACE = "user_test"
ELSEWHERE = "user_other"


def run(text: str, marks: Marks, store: Store | None = None) -> engine.Outcome:
    """How the text ends with these marks; ProgramError when it has static errors.

    It runs on empty namespaces of the store, or of one of SQLite files, and on empty folders of files.
    """
    limits = Limits(**marks.limits)  # type: ignore[arg-type]  # the reader has checked the names
    loaded = program.load(text, limits)
    with file_store() as files:
        contexts = Contexts(limits, untouched(store or sqlite_store()), files.of)
        for earlier in marks.elsewhere:
            outcome = engine.run(program.load(earlier), contexts.make(ELSEWHERE, "", {}, CancelFlag()))
            assert outcome.error is None, outcome.error
        return engine.run(
            loaded, _marked(contexts.make(NAMESPACE, "", marks.request, CancelFlag()), marks), dict(marks.variables)
        )


def _marked(context: Context, marks: Marks) -> Context:
    """The context that the server gives a run; marks fix its clock and its randomness."""
    if marks.now is not None:
        context = replace(context, now=marks.now)
    return context if marks.seed is None else replace(context, random=Random(marks.seed))
