"""Runs a text of the corpus through the real language, in the one place where its context is made."""

import time
from dataclasses import replace
from random import Random

from oql import engine, program
from oql.context import CancelFlag, Context, report_fault
from oql.contexts import Contexts
from oql.journal import Journal
from oql.limits import Limits
from oql.outbound import Outbound
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
    return _run(text, marks, store, None)


def run_twice(text: str, marks: Marks, store: Store | None = None) -> engine.Outcome:
    """How the text ends when it is run again on what its first run has recorded, in a world where nothing happened."""
    first = Journal("job")
    outcome = _run(text, marks, store, first)
    recorded = first.remembered()
    if first.forgetful or (outcome.error and outcome.error.final):
        return outcome
    again = _run(text, marks, store, Journal("job", recorded=recorded), elsewhere=False)
    assert (str(again.error), again.result) == (str(outcome.error), outcome.result)
    return again


def _run(
    text: str, marks: Marks, store: Store | None, journal: Journal | None, *, elsewhere: bool = True
) -> engine.Outcome:
    limits = Limits(**marks.limits)  # type: ignore[arg-type]  # the reader has checked the names
    loaded = program.load(text, limits)
    with file_store() as files:
        contexts = Contexts(limits, untouched(store or sqlite_store()), _report, files.of, Outbound(), mails=True)
        for earlier in marks.elsewhere if elsewhere else ():
            outcome = engine.run(program.load(earlier), contexts.make(ELSEWHERE, "", {}, CancelFlag()))
            assert outcome.error is None, outcome.error
        context = _marked(contexts.make(NAMESPACE, "job", marks.request, CancelFlag(), journal), marks)
        if journal:
            journal.store, context.limits = context.store, limits
        return engine.run(loaded, context, dict(marks.variables))


def _report(fault: BaseException, job_id: str) -> str:
    return report_fault(fault)


def _marked(context: Context, marks: Marks) -> Context:
    """The context that the server gives a run; marks fix its clock and its randomness."""
    context = replace(context, computing_ns=time.thread_time_ns)
    if marks.now is not None:
        context = replace(context, now=marks.now)
    return context if marks.seed is None else replace(context, random=Random(marks.seed))
