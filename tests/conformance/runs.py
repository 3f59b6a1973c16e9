"""Runs a text of the corpus through the real language, in the one place where its context is made."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from oql import engine, program
from oql.context import CancelFlag, Context, Environment, report_fault
from oql.contexts import Contexts
from oql.errors import timed_out
from oql.journal import Entry, Journal, Wait, failure_entry
from oql.limits import Limits
from oql.people.answers import check_answers, check_decision
from oql.sites import Reply
from substrate.interface import Store
from tests.conformance.corpus import Marks
from tests.conformance.file_stores import file_store
from tests.conformance.models import models
from tests.conformance.sites import as_page
from tests.conformance.stores import sqlite_store, untouched
from tests.conformance.web import SERVICES, outbound

NAMESPACE = "user_test"
ELSEWHERE = "user_other"


def run(text: str, marks: Marks, store: Store | None = None) -> engine.Outcome:
    """How the text ends with these marks; ProgramError when it has static errors.

    It runs on empty namespaces of the store, or of one of SQLite files, and on empty folders of files.
    """
    with _world(marks, store) as contexts:
        if _asks(text):
            return _with_people(text, marks, contexts)
        if marks.site:  # as the server runs what is not over at once: by the journal it knows what stands where
            return as_page(_run(text, marks, contexts, Journal("job"), reply := Reply()), reply)
        return _run(text, marks, contexts)


def run_alone(text: str, marks: Marks) -> engine.Outcome:
    """How the text ends in a run that cannot wait for people."""
    with _world(marks, None) as contexts:
        return _run(text, marks, contexts)


def run_twice(text: str, marks: Marks, store: Store | None = None) -> engine.Outcome:
    """How the text ends when it is run again on what its first run has recorded, in a world where nothing happened."""
    if _asks(text):
        return run(text, marks, store)
    first, reply = Journal("job"), Reply() if marks.site else None
    with _world(marks, store) as contexts:
        outcome = _run(text, marks, contexts, first, reply)
    if first.forgetful or (outcome.error and outcome.error.final):
        return outcome
    with _world(Marks(limits=marks.limits), store) as contexts:
        again = _run(text, marks, contexts, Journal("job", recorded=first.remembered()))
    assert (str(again.error), again.result) == (str(outcome.error), outcome.result)
    return as_page(outcome, reply) if reply else again


def _asks(text: str) -> bool:
    return "GATHER" in text or "CONFIRM" in text


def _with_people(text: str, marks: Marks, contexts: Contexts) -> engine.Outcome:
    """Runs the text, and again on what it has recorded after each answer."""
    answers, recorded = list(marks.answers), dict[str, Entry]()
    while True:
        journal = Journal("job", recorded=recorded)
        outcome = _run(text, marks, contexts, journal)
        recorded = {**recorded, **journal.remembered()}
        if outcome.status != "suspended":
            assert not answers, f"nobody asked for {answers}"
            return outcome
        waits = journal.waits_in_order()
        if not answers:
            outcome.error, outcome.result = None, {"suspended": [wait.shown for wait in waits]}
            return outcome
        recorded[waits[0].key] = _answered(waits[0], answers.pop(0))


def _answered(wait: Wait, given: Any) -> Entry:
    if given == "nobody":
        return failure_entry(wait.key, timed_out("time for an answer", wait.seconds or 0.0))
    values, problems = check_answers(wait.shown, given) if wait.kind == "gather" else check_decision(given)
    assert not problems, problems
    return {"k": wait.key, "v": values}


@contextmanager
def _world(marks: Marks, store: Store | None) -> Iterator[Contexts]:
    limits = Limits(**marks.limits)  # type: ignore[arg-type]  # the reader has checked the names
    stores = untouched(store or sqlite_store())
    with file_store() as files, closing(outbound()) as way_out, models(marks.models) as asked:
        around = Environment(way_out, mails=True, places=SERVICES, models=asked)
        contexts = Contexts(limits, stores, _report, files.of, around)
        for earlier in marks.elsewhere:
            outcome = engine.run(program.load(earlier), contexts.make(ELSEWHERE, "", {}, CancelFlag()))
            assert outcome.error is None, outcome.error
        yield contexts


def _run(
    text: str, marks: Marks, contexts: Contexts, journal: Journal | None = None, reply: Reply | None = None
) -> engine.Outcome:
    context = _marked(contexts.make(NAMESPACE, "job", marks.request, CancelFlag(), journal), marks)
    context.reply = reply
    if journal:
        journal.store, context.limits = context.store, contexts.limits
    return engine.run(program.load(text, contexts.limits), context, dict(marks.variables))


def _report(fault: BaseException, job_id: str) -> str:
    return report_fault(fault)


def _marked(context: Context, marks: Marks) -> Context:
    """The context that the server gives a run; marks fix its clock and its randomness."""
    context = replace(context, computing_ns=time.thread_time_ns, may_sideload=marks.may_sideload)
    if marks.now is not None:
        context = replace(context, now=marks.now)
    return context if marks.seed is None else replace(context, random=Random(marks.seed))
