"""What runs and the store do to each other: cancelling, limits of time, leaving transactions, namespaces."""

import threading
import time
from typing import Any

import pytest

from oql import engine
from oql.context import CancelFlag
from oql.limits import Limits
from oql.local import local_context
from oql.program import load
from substrate.interface import Namespace, Store

MADE = 'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "k NUMBER PRIMARY, q NUMBER"'
ONE = "PARSE JSON '{\"k\": 1}' SET ?one"
SLOW = """SELECT COUNT(*) AS n FROM t AS a
  INNER JOIN t AS b ON a.q = b.q INNER JOIN t AS c ON c.q = b.q INNER JOIN t AS e ON e.q = c.q"""


def run(namespace: Namespace, text: str, variables: dict[str, Any] | None = None, **options: Any) -> engine.Outcome:
    """How a program ends that runs on this namespace."""
    return engine.run(load(text), local_context(store=namespace, **options), variables)


def result(namespace: Namespace, text: str) -> Any:
    """What a program gives that must not fail."""
    outcome = run(namespace, text)
    assert outcome.error is None, outcome.error
    return outcome.result


def error(outcome: engine.Outcome) -> tuple[str, str]:
    """The code and message of the error that the run must have ended with."""
    assert outcome.error is not None, outcome.result
    return outcome.error.code, outcome.error.message


@pytest.fixture
def slow(namespace: Namespace) -> Namespace:
    """A namespace with a table on which SLOW would run for minutes."""
    result(namespace, MADE)
    namespace.write(lambda frame: frame.put_many("d.t", [{"k": k, "q": 1} for k in range(2_000)]))
    return namespace


def test_rows_outlive_the_run(namespace: Namespace) -> None:
    result(namespace, f'{MADE} AFTER {ONE} AFTER INSERT ?one INTO "t" FROM "d"')
    assert result(namespace, 'QUERY "t" FROM "d" SET ?rows AFTER EMIT ?rows') == [{"k": 1, "q": None}]


def test_a_query_that_runs_long_ends_when_the_run_is_cancelled(slow: Namespace) -> None:
    cancel = CancelFlag()
    threading.Timer(0.2, cancel.set).start()
    began = time.monotonic()
    outcome = run(slow, f'SQL "{SLOW}" FROM "d" OR EMIT "caught"', cancel=cancel)
    assert error(outcome) == ("Timeout", "the run was cancelled")
    assert time.monotonic() - began < 20


def test_a_query_ends_with_the_time_of_the_run(slow: Namespace) -> None:
    outcome = run(slow, f'SQL "{SLOW}" FROM "d" OR EMIT "caught"', limits=Limits(wall_s=0.2))
    assert error(outcome) == ("Timeout", "the program used up its 0.2 s of wall time")


def test_a_query_ends_with_the_time_of_its_transaction_which_is_undone(slow: Namespace) -> None:
    text = f'TRANSACTION OPEN NEST FLUSH TABLE "t" FROM "d" AFTER {ONE} AFTER SQL "{SLOW}" FROM "d" CLOSE NEST'
    filled = text.replace('FLUSH TABLE "t" FROM "d"', 'PURGE "t" FROM "d" WHERE k IS LESS THAN 5')
    outcome = run(slow, filled, limits=Limits(transaction_s=0.2))
    assert error(outcome) == ("Timeout", "the program used up its 0.2 s of time for a transaction")
    assert result(slow, 'COUNT "t" FROM "d" SET ?n AFTER EMIT ?n') == 2_000


def test_a_run_that_was_cancelled_before_reads_nothing(slow: Namespace) -> None:
    cancel = CancelFlag()
    cancel.set()
    assert error(run(slow, 'QUERY "t" FROM "d"', cancel=cancel))[0] == "Timeout"


@pytest.mark.parametrize("leaving", ["RETURN 1", "EXIT ALL", "CLOSE ALL NESTS"])
def test_leaving_a_transaction_commits(namespace: Namespace, leaving: str) -> None:
    inside = f'INSERT ?one INTO "t" FROM "d" AFTER {leaving} AFTER CALCULATE "1 / 0"'
    result(namespace, f"{MADE} AFTER {ONE} AFTER TRANSACTION OPEN NEST {inside} CLOSE NEST")
    assert result(namespace, 'COUNT "t" FROM "d" SET ?n AFTER EMIT ?n') == 1


def test_leaving_from_a_branch_inside_commits(namespace: Namespace) -> None:
    inside = 'INSERT ?one INTO "t" FROM "d" AND RETURN 5'
    assert result(namespace, f"{MADE} AFTER {ONE} AFTER TRANSACTION OPEN NEST {inside} CLOSE NEST AFTER EMIT 6") == 5
    assert result(namespace, 'COUNT "t" FROM "d" SET ?n AFTER EMIT ?n') == 1


def test_an_error_that_nothing_catches_undoes_a_transaction(namespace: Namespace) -> None:
    result(namespace, MADE)
    inside = 'INSERT ?one INTO "t" FROM "d" AFTER CALCULATE "1 / 0"'
    assert error(run(namespace, f"{ONE} AFTER TRANSACTION OPEN NEST {inside} CLOSE NEST"))[0] == "CalculateFailed"
    assert result(namespace, 'COUNT "t" FROM "d" SET ?n AFTER EMIT ?n') == 0


def test_a_transaction_ends_with_its_run(namespace: Namespace) -> None:
    """Whatever ended the run, the next writer gets its turn."""
    result(namespace, MADE)
    endless = 'TRANSACTION OPEN NEST WHILE 1 IS EQUAL TO 1 OPEN NEST COUNT "t" FROM "d" CLOSE NEST CLOSE NEST'
    assert error(run(namespace, endless, limits=Limits(steps=500)))[0] == "LimitExceeded"
    assert result(namespace, f'{ONE} AFTER INSERT ?one INTO "t" FROM "d" SET ?k AFTER EMIT ?k') == 1


REFERRING = """namespace = "d"
table = "child"
primary_key = ["k"]
columns = [{ name = "k", ty = "number" }, { name = "parent", ty = "number" }]
[[foreign_keys]]
from_col = "parent"
target = { namespace = "d", table = "t", pk = "k" }
"""


@pytest.fixture
def referring(namespace: Namespace) -> Namespace:
    """A namespace with a table whose rows must point to rows of another one when a transaction ends."""
    result(namespace, MADE)
    namespace.write(lambda frame: frame.register(REFERRING))
    return namespace


CHILD = 'PARSE JSON \'{"k": 7, "parent": 1}\' SET ?child'


def test_rows_may_come_in_any_order_inside(referring: Namespace) -> None:
    inside = 'INSERT ?child INTO "child" FROM "d" AFTER INSERT ?one INTO "t" FROM "d"'
    result(referring, f"{ONE} AFTER {CHILD} AFTER TRANSACTION OPEN NEST {inside} CLOSE NEST")
    assert result(referring, 'COUNT "child" FROM "d" SET ?n AFTER EMIT ?n') == 1


@pytest.mark.parametrize("leaving", ["EMIT 1", "RETURN 1", "EXIT ALL", "CLOSE ALL NESTS"])
def test_a_transaction_whose_end_fails_has_done_nothing(referring: Namespace, leaving: str) -> None:
    inside = f'INSERT ?child INTO "child" FROM "d" AFTER {leaving} OR EMIT "not here"'
    text = f"{CHILD} AFTER TRANSACTION OPEN NEST {inside} CLOSE NEST OR RETURN !ERROR(code)"
    outcome = run(referring, text)
    assert outcome.error is None
    assert str(outcome.result) in ("DatabaseError", "1")  # what was emitted stays
    assert outcome.trace_json()[-1]["step"] == "RETURN"
    assert result(referring, 'COUNT "child" FROM "d" SET ?n AFTER EMIT ?n') == 0


def test_nobody_sees_a_transaction_before_its_end(namespace: Namespace) -> None:
    result(namespace, MADE)
    seen = []
    with namespace.transaction() as frame:
        frame.put("d.t", {"k": 1})
        seen.append(result(namespace, 'COUNT "t" FROM "d" SET ?n AFTER EMIT ?n'))
    seen.append(result(namespace, 'COUNT "t" FROM "d" SET ?n AFTER EMIT ?n'))
    assert seen == [0, 1]


def test_transactions_of_many_runs_lose_no_update(namespace: Namespace) -> None:
    result(namespace, f'{MADE} AFTER PARSE JSON \'{{"k": 1, "q": 0}}\' SET ?r AFTER INSERT ?r INTO "t" FROM "d"')
    add = """TRANSACTION OPEN NEST
      QUERY "t" FROM "d" SET ?rows AFTER CALCULATE "?rows(0)(q) + 1" SET ?q
      AFTER NEW JSON OBJECT OPEN NEST SET "q" AS ?q CLOSE NEST SET ?c
      AFTER UPDATE ?c INTO "t" FROM "d" WHERE k IS EQUAL TO 1
    CLOSE NEST"""
    threads = [threading.Thread(target=lambda: [result(namespace, add) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert result(namespace, 'QUERY "t" FROM "d" SET ?rows AFTER EMIT ?rows(0)(q)') == 40


PROBES = [
    "DATABASE LIST SET ?v AFTER EMIT ?v",
    'TABLE LIST "d" SET ?v AFTER EMIT ?v',
    'QUERY "t" FROM "d" SET ?v AFTER EMIT ?v',
    'COUNT "t" FROM "d" SET ?v AFTER EMIT ?v',
    'SQL "SELECT * FROM t" FROM "d" SET ?v AFTER EMIT ?v',
    'SQL "SELECT * FROM d.t" FROM "d" SET ?v AFTER EMIT ?v',
    'PARSE JSON \'{"q": 9}\' SET ?c AFTER UPDATE ?c INTO "t" FROM "d" WHERE k IS NOT NULL SET ?v AFTER EMIT ?v',
    'PURGE "t" FROM "d" WHERE k IS NOT NULL SET ?v AFTER EMIT ?v',
    'FLUSH TABLE "t" FROM "d"',
    'DELETE TABLE "t" FROM "d"',
    'DELETE DATABASE "d"',
    'TRANSACTION OPEN NEST QUERY "t" FROM "d" SET ?v AFTER EMIT ?v CLOSE NEST',
]


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("same_names", [False, True])
def test_no_verb_reaches_the_rows_of_another_namespace(store: Store, probe: str, same_names: bool) -> None:
    """Neither where the names are unknown here, nor where tables of the same names are empty."""
    for name in ("mine", "theirs"):
        store.delete(name)
    theirs, mine = store.namespace("theirs"), store.namespace("mine")
    result(theirs, f'{MADE} AFTER PARSE JSON \'{{"k": 4711, "q": 1}}\' SET ?r AFTER INSERT ?r INTO "t" FROM "d"')
    if same_names:
        result(mine, MADE)
    outcome = engine.run(load(probe), local_context("theirs", store=mine))
    assert outcome.result in (None, [], 0, ["d"], ["t"])
    assert "4711" not in repr(outcome.error)
    assert result(theirs, 'QUERY "t" FROM "d" SET ?rows AFTER EMIT ?rows') == [{"k": 4711, "q": 1}]


def test_a_run_without_a_store_has_no_databases() -> None:
    outcome = engine.run(load("DATABASE LIST"), local_context())
    assert error(outcome) == ("Unsupported", "this run has no databases")


def test_rows_count_as_memory(namespace: Namespace) -> None:
    result(namespace, MADE.replace("q NUMBER", "q TEXT"))
    namespace.write(lambda frame: frame.put_many("d.t", [{"k": k, "q": "x" * 10_000} for k in range(100)]))
    outcome = run(namespace, 'QUERY "t" FROM "d" SET ?rows', limits=Limits(memory_bytes=500_000))
    assert error(outcome)[0] == "LimitExceeded"


@pytest.mark.parametrize("text", ['QUERY "t" FROM "d" OR EMIT 1', "TRANSACTION OPEN NEST EMIT 1 CLOSE NEST"])
def test_programs_that_use_the_store_never_run_on_the_event_loop(text: str) -> None:
    assert load(text).uses_store
    assert not load(text).pure_and_short
