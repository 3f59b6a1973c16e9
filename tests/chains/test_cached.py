"""Outputs that are kept for later executions: by what, and for how long."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chains.cached import drop_old, find, keep, key_of
from chains.work import Output
from oql.jobs.schema import MIGRATIONS
from substrate.interface import Namespace
from substrate.opening import open_store
from tests.chains.desk import at_desk

STEP = "prompt: 'About {topic}'\nmodel: m\nsystem: Be brief.\ntools: [search]"


def key(text: str = STEP, variables: dict[str, str] | None = None, **options: object) -> str:
    """The key of a step, with one variable that it reads and one that it does not."""
    values = {"topic": "tea", "other": "x", **(variables or {})}
    return key_of(at_desk(text, variables=values, top=str(options.get("top", ""))), ["m"], {"page": "1"})


def test_a_key_is_a_digest() -> None:
    assert len(key()) == 64
    assert int(key(), 16) > 0


@pytest.mark.parametrize(
    "same",
    [
        STEP + "\nlabel: L\ncondition: '{other}'\nearly_exit_if: '{other} == y'\ntimeout_ms: 9\nretry: {max: 3}",
        STEP + "\ncache: {enabled: true, ttl_minutes: 5}",
    ],
)
def test_what_decides_nothing_changes_no_key(same: str) -> None:
    assert key(same) == key()
    assert key(variables={"other": "y"}) == key()


@pytest.mark.parametrize(
    "other",
    [
        STEP.replace("About", "On"),
        STEP.replace("brief", "long"),
        STEP.replace("[search]", "[]"),
        STEP + "\ncwd: work",
        STEP + "\ncontext_strategy: {topic: summarize}",
        STEP + "\nguardrails: [{type: min_length, value: 3}]",
        STEP + "\ntype: router\nroutes: {a: []}",
    ],
)
def test_what_decides_changes_the_key(other: str) -> None:
    assert key(other) != key()


def test_what_is_around_changes_the_key() -> None:
    assert key(variables={"topic": "milk"}) != key()
    assert key(top="max_context_chars: 9") != key()
    desk = at_desk(STEP, variables={"topic": "tea"})
    first = key_of(desk, ["m"], {})
    desk.chain_name = "renamed"
    assert len({first, key_of(desk, ["m"], {}), key_of(desk, ["m", "n"], {}), key_of(desk, ["m"], {"v": ""})}) == 4


@pytest.mark.parametrize(
    "step",
    [
        "type: merge\ninputs: [topic]",
        "type: evaluator\ninput_var: topic\ncriteria: Good?",
        "type: loop\nitems_var: topic\nprompt: '{item}'",
        "type: oql\nprogram: EMIT ?topic",
        "type: loop\nitems_var: list\nstep_template: {type: oql, program: 'EMIT ?topic'}",
    ],
)
def test_variables_that_are_read_by_name_count(step: str) -> None:
    assert key(step) != key(step, {"topic": "milk"})
    assert key(step) == key(step)


# the table


@pytest.fixture(params=["sqlite", "postgres"])
def namespace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Namespace]:
    """A namespace with the tables of chains, in either engine."""
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    opened = open_store(url, tmp_path, system=MIGRATIONS)
    made = opened.namespace("user_ada")
    made.make()
    yield made
    opened.close()


def test_what_is_kept_is_found_while_it_is_fresh(namespace: Namespace) -> None:
    assert find(namespace, "k", 1_000.0, 60) is None
    namespace.write(lambda frame: keep(frame, "k", Output("text", "PASS"), 1_000.0))
    assert find(namespace, "k", 1_000.0 + 60 * 60, 60) == Output("text", "PASS")
    assert find(namespace, "k", 1_000.0 + 60 * 60 + 1, 60) is None
    assert find(namespace, "k", 1_000.0, 0) == Output("text", "PASS")
    assert find(namespace, "other", 1_000.0, 60) is None


def test_the_last_one_counts(namespace: Namespace) -> None:
    namespace.write(lambda frame: keep(frame, "again", Output("old"), 1.0))
    namespace.write(lambda frame: keep(frame, "again", Output("new"), 5_000.0))
    assert find(namespace, "again", 5_000.0, 1) == Output("new")


def test_old_ones_are_forgotten(namespace: Namespace) -> None:
    namespace.write(lambda frame: keep(frame, "old", Output("x"), 1_000.0))
    namespace.write(lambda frame: drop_old(frame, 1_000.0 + 31 * 86_400))
    assert find(namespace, "old", 1_000.0, 1e9) is None
