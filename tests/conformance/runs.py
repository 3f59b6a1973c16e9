"""Runs a text of the corpus through the real language, in the one place where its context is made."""

from dataclasses import replace
from random import Random
from threading import Event

from oql import engine, program
from oql.cache import MemoryCaches
from oql.context import Context
from oql.limits import Limits
from server.contexts import Contexts
from tests.conformance.corpus import Marks

NAMESPACE = "user_test"


def run(text: str, marks: Marks) -> engine.Outcome:
    """How the text ends with these marks; ProgramError when it has static errors."""
    limits = Limits(**marks.limits)  # type: ignore[arg-type]  # the reader has checked the names
    loaded = program.load(text, limits)
    return engine.run(loaded, _context(marks, limits), dict(marks.variables))


def _context(marks: Marks, limits: Limits) -> Context:
    """The context that the server gives a run, with an empty cache; marks fix its clock and its randomness."""
    context = Contexts(MemoryCaches().of, limits).make(NAMESPACE, "", marks.request, Event())
    if marks.now is not None:
        context = replace(context, now=marks.now)
    return context if marks.seed is None else replace(context, random=Random(marks.seed))
