"""Programs inside programs: how deep they go, what they share with the run around them, and what is told of them."""

import threading
from typing import Any

import pytest

from oql import engine
from oql.context import CancelFlag, Environment
from oql.journal import Journal
from oql.limits import Limits
from oql.local import local_context
from oql.program import load
from oql.report import error_json, error_text
from substrate.interface import Namespace

ENDLESS = 'DEFINE NEW OPERATION AS "again" OPEN NEST {} CLOSE NEST\nEXECUTE OPERATION "again"'


def run(namespace: Namespace, text: str, *, recorded: Journal | None = None, **options: Any) -> engine.Outcome:
    """How a program ends that runs on this namespace, and may run any text."""
    context = local_context(store=namespace, **options)
    context.may_sideload, context.journal = True, recorded
    return engine.run(load(text), context)


def code_of(outcome: engine.Outcome) -> str:
    """The code of the error that the run must have ended with."""
    assert outcome.error is not None, outcome.result
    return str(outcome.error.code)


@pytest.mark.parametrize(
    "inside",
    [
        'EXECUTE OPERATION "again"',
        'SLEEP "0ms" AND EXECUTE OPERATION "again"',
        'EXECUTE OPERATION "again" AND EXECUTE OPERATION "again" OR EMIT "never"',
        'IF 1 IS EQUAL TO 1 OPEN NEST SIDELOAD \'EXECUTE OPERATION "again"\' OR EMIT "never" CLOSE NEST',
        'EMAIL OPEN NEST EXECUTE OPERATION "again" CLOSE NEST TO "ada@example.com" WITH "x"',
    ],
)
def test_what_never_ends_ends_with_the_limit(namespace: Namespace, inside: str) -> None:
    outcome = run(namespace, ENDLESS.format(inside), limits=Limits(depth=200))
    assert code_of(outcome) == "LimitExceeded"
    assert "200 blocks inside each other" in str(outcome.error)


def test_a_recursion_of_ten_thousand(namespace: Namespace) -> None:
    outcome = run(namespace, ENDLESS.format('EXECUTE OPERATION "again" OR EMIT "never"'), limits=Limits(depth=10_000))
    assert code_of(outcome) == "LimitExceeded"
    assert len(outcome.trace.entries) <= 1_001


def test_texts_inside_texts_ten_thousand_deep(namespace: Namespace) -> None:
    text = 'CALCULATE "?i + 1" SET ?i SIDELOAD ?again'
    outcome = run(
        namespace,
        f"CALCULATE '0' SET ?i REPLACE '{text}' WHERE '#' WITH '' SET ?again SIDELOAD ?again",
        limits=Limits(depth=10_000),
    )
    assert code_of(outcome) == "LimitExceeded"
    assert outcome.variables["i"] == 10_000


def test_texts_without_end_are_bounded_in_memory(namespace: Namespace) -> None:
    text = """CALCULATE "0" SET ?i WHILE 1 IS EQUAL TO 1 OPEN NEST
      CALCULATE "?i + 1" SET ?i SIDELOAD "UPPER '" & ?i & "'"
    CLOSE NEST"""
    outcome = run(namespace, text, limits=Limits(memory_bytes=2**20))
    assert code_of(outcome) == "LimitExceeded"
    assert "programs that run inside" in str(outcome.error)


def test_cancelling_ends_the_inner_program_too(namespace: Namespace) -> None:
    cancel = CancelFlag()
    threading.Timer(0.2, cancel.set).start()
    outcome = run(namespace, "SIDELOAD \"SIDELOAD 'SLEEP `60s` OR EMIT 1'\" OR EMIT 2", cancel=cancel)
    assert (code_of(outcome), outcome.result) == ("Timeout", None)


def test_calls_that_leave_the_machine_are_counted_together(namespace: Namespace) -> None:
    context = local_context(store=namespace, limits=Limits(outbound_calls=2))
    context.environment = Environment(mails=True)
    once = "EMAIL 'a' TO 'ada@example.com' WITH 'b'"
    outcome = engine.run(load(f'SIDELOAD "{once}" SIDELOAD "{once}" {once} OR EMIT "never"'), context)
    assert code_of(outcome) == "LimitExceeded"


def test_paths_and_places_in_the_trace(namespace: Namespace) -> None:
    text = """DEFINE NEW OPERATION AS "op" OPEN NEST
      UPPER "a" SET ?a
      FOREACH ?none AS ?x OPEN NEST EMIT 1 CLOSE NEST
      ENLIST 1 AND 2 SET ?two FOREACH ?two AS ?x OPEN NEST SIDELOAD "LOWER 'B'" CLOSE NEST
    CLOSE NEST
    ENLIST 1 SET ?one FOREACH ?one AS ?y OPEN NEST UPPER "x" AND EXECUTE OPERATION "op" CLOSE NEST"""
    trace = run(namespace, text).trace_json()
    shown = [(entry["step"], entry["path"], entry.get("in"), entry["line"]) for entry in trace]
    assert shown[3:] == [
        ("UPPER", "3.body#1.1.and1", None, 6),
        ("EXECUTE OPERATION", "3.body#1.1.and2", None, 6),
        ("UPPER", "3.body#1.1.and2.in.1", "operation op", 1),
        ("FOREACH", "3.body#1.1.and2.in.2", "operation op", 2),
        ("ENLIST", "3.body#1.1.and2.in.3", "operation op", 3),
        ("FOREACH", "3.body#1.1.and2.in.4", "operation op", 3),
        ("SIDELOAD", "3.body#1.1.and2.in.4.body#1.1", "operation op", 3),
        ("LOWER", "3.body#1.1.and2.in.4.body#1.1.in.1", "SIDELOAD", 1),
        ("SIDELOAD", "3.body#1.1.and2.in.4.body#2.1", "operation op", 3),
        ("LOWER", "3.body#1.1.and2.in.4.body#2.1.in.1", "SIDELOAD", 1),
    ]


def test_paths_are_different_however_deep(namespace: Namespace) -> None:
    text = ENDLESS.format('SLEEP "0ms" IF 1 IS EQUAL TO 1 OPEN NEST EXECUTE OPERATION "again" CLOSE NEST')
    trace = run(namespace, text, limits=Limits(depth=300)).trace_json()
    paths = [entry["path"] for entry in trace if entry["step"] == "SLEEP"]
    assert len(paths) == len(set(paths)) == 150
    assert max(map(len, paths)) < 400


def test_beyond_its_room_the_trace_is_summed_per_place(namespace: Namespace) -> None:
    text = """DEFINE NEW OPERATION AS "op" OPEN NEST UPPER "a" SET ?a CLOSE NEST
    CALCULATE "0" SET ?i
    WHILE ?i IS LESS THAN 100 OPEN NEST EXECUTE OPERATION "op" CALCULATE "?i + 1" SET ?i CLOSE NEST"""
    trace = run(namespace, text, limits=Limits(trace_entries=10)).trace_json()
    whole = sum(entry.get("count", 1) for entry in trace if entry["step"] == "UPPER")
    assert whole == sum(entry.get("count", 1) for entry in trace if entry["step"] == "EXECUTE OPERATION") == 100
    [summed] = [entry for entry in trace if entry["step"] == "UPPER" and "count" in entry]
    assert (summed["in"], summed["path"].startswith("operation op@")) == ("operation op", True)


def test_what_an_error_tells_of_its_place(namespace: Namespace) -> None:
    text = """DEFINE NEW OPERATION AS "op" OPEN NEST
      EMIT "a"
      SIDELOAD "LOWER 'x' SET ?y\\nCAST ?y AS 'number'"
    CLOSE NEST
    EXECUTE OPERATION "op" """
    outcome = run(namespace, text)
    assert outcome.error is not None
    shown = error_json(outcome.error, outcome.program.source)
    assert (shown["code"], shown["line"], shown["column"]) == ("CastFailed", 5, 5)
    assert [(place["in"], place["line"], place["column"]) for place in shown["within"]] == [
        ("operation op", 2, 7),
        ("SIDELOAD", 2, 1),
    ]
    picture = error_text(outcome.error, outcome.program.source)
    assert "SIDELOAD:2:1" in picture
    assert "= in SIDELOAD, called at operation op:2:7" in picture
    assert "= in operation op, called at <query>:5:5" in picture


def test_all_static_errors_of_a_text_are_told(namespace: Namespace) -> None:
    outcome = run(namespace, 'SIDELOAD "UPER 1\\nLOWR 2"')
    assert outcome.error is not None
    [place] = error_json(outcome.error, outcome.program.source)["within"]
    assert [(one["line"], one["column"]) for one in place["errors"]] == [(1, 1), (2, 1)]
    assert "`LOWR` is not a verb" in error_text(outcome.error, outcome.program.source)


def test_a_text_is_recorded_once_however_often_it_is_run(namespace: Namespace) -> None:
    journal = Journal("job", store=namespace)
    text = """DEFINE NEW OPERATION AS "op" OPEN NEST UPPER "a" SET ?a CLOSE NEST
    RANGE FROM 0 TO 50 SET ?r FOREACH ?r AS ?x OPEN NEST EXECUTE OPERATION "op" CLOSE NEST"""
    assert run(namespace, text, recorded=journal).error is None
    entries = journal.remembered()
    assert [entry["v"] for key, entry in entries.items() if key.startswith("text ")] == ['UPPER "a" SET ?a']
    assert len([key for key in entries if key.startswith("3.body#")]) == 50


def test_a_continued_run_gets_the_text_that_it_had(namespace: Namespace) -> None:
    journal = Journal("job", store=namespace)
    text = 'EXECUTE OPERATION "op" SET ?a AND EXECUTE OPERATION "op" SET ?b AFTER EMIT ?a & ?b'
    run(namespace, 'DEFINE NEW OPERATION AS "op" OPEN NEST RETURN "old" CLOSE NEST')
    assert run(namespace, text, recorded=journal).result == "oldold"
    run(namespace, 'DEFINE NEW OPERATION AS "op" OPEN NEST RETURN "new" CLOSE NEST')
    again = Journal("job", store=namespace, recorded=journal.remembered())
    assert run(namespace, text, recorded=again).result == "oldold"
    assert run(namespace, text, recorded=Journal("other", store=namespace)).result == "newnew"


def test_a_transaction_rolled_back_in_an_operation_is_run_again_by_a_retry(namespace: Namespace) -> None:
    made = 'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "k NUMBER"'
    operation = """DEFINE NEW OPERATION AS "op" OPEN NEST TRANSACTION OPEN NEST
      PARSE JSON '{"k": 1}' SET ?row INSERT ?row INTO "t" FROM "d" CACHE "go" SET ?go
      IF ?go IS NULL OPEN NEST CACHE 1 AS "seen" READ "/root/none" CLOSE NEST
    CLOSE NEST CLOSE NEST"""
    run(namespace, f"{made} {operation}")
    journal = Journal("job", store=namespace)
    failed = run(namespace, 'EXECUTE OPERATION "op" AND SLEEP "0ms"', recorded=journal)
    assert failed.error is not None
    kept = {key: entry for key, entry in journal.remembered().items() if key not in failed.failures}
    assert not [key for key in kept if "1.and1.in.1" in key]
