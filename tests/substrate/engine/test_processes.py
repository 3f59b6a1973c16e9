"""Several processes on one namespace: turns, deaths, stops, forks."""

import os
import signal
from itertools import pairwise

import pytest

from substrate import turns
from substrate.engine import Engine
from substrate.errors import Unavailable
from substrate.postgres import database
from tests.substrate.engine.places import Place, insert, numbers_in, take_turns_together, write_and_wait

WRITERS = ("a", "b", "c", "d")
TIMES = 60


def longest_wait(turns: list[str], who: str) -> int:
    """The most turns that others had between two of one writer."""
    places = [place for place, each in enumerate(turns) if each == who]
    return max(later - earlier - 1 for earlier, later in pairwise(places))


@pytest.mark.slow
def test_processes_take_fair_turns(engine: Engine, place: Place) -> None:
    processes = [place.start(take_turns_together, who, str(TIMES)) for who in WRITERS]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.communicate("go\n")
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    with engine.reading() as connection:
        rows = connection.execute("SELECT place, who FROM turns ORDER BY place")
    assert [row[0] for row in rows] == list(range(1, 4 * TIMES + 1))
    turns = [str(row[1]) for row in rows]
    # In a queue of four a writer waits for three others; more where the system lets it sleep between two turns.
    assert [longest_wait(turns, who) < TIMES for who in WRITERS] == [True] * 4


def test_death_undoes_everything_and_holds_up_nobody(engine: Engine, place: Place) -> None:
    process = place.start(write_and_wait)
    assert process.stdout
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.communicate()
    with engine.writing() as connection:
        insert(connection, 1)
    assert numbers_in(engine) == [1]


def test_a_stopped_writer_holds_up_others_only_for_a_time_and_then_goes_on(
    place: Place, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.2)
    monkeypatch.setitem(database._SETTINGS, "lock_timeout", "200ms")
    other = place.open()
    process = place.start(write_and_wait)
    assert process.stdout
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGSTOP)
    for _ in range(2):  # the second stands where the first one has waited
        with pytest.raises(Unavailable, match="has not finished"), other.writing():
            raise AssertionError
    monkeypatch.setattr(turns, "TURN_SECONDS", 30.0)
    assert numbers_in(other) == []
    process.send_signal(signal.SIGCONT)
    process.communicate("go on\n")
    assert process.returncode == 0
    for one in (other, engine):
        with one.writing() as connection:
            insert(connection, len(numbers_in(one)))
    assert numbers_in(engine) == [1, 2, 99]
    other.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_leaves_both_with_a_sound_engine(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, 1)
    before = engine.stamp()
    assert numbers_in(engine) == [1]
    child = os.fork()
    if child == 0:
        try:
            with engine.writing() as connection:
                insert(connection, 2)
            os._exit(0 if {1, 2} <= set(numbers_in(engine)) and engine.stamp() != before else 1)
        finally:
            os._exit(2)
    with engine.writing() as connection:
        insert(connection, 3)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert numbers_in(engine) == [1, 2, 3]
    assert engine.stamp() != before
