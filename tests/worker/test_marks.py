"""Marks: none is lost in whatever order marks, drains and their ends come; on both engines."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from substrate.interface import ControlDatabase
from substrate.opening import open_control
from worker.marks import DATABASE, LEASE_SECONDS, MIGRATIONS, NO_COUNT, Marks

NOW = 1_000.0


@pytest.fixture(params=["sqlite", "postgres"])
def control(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ControlDatabase]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    opened = open_control(url, tmp_path, DATABASE, MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def marks(control: ControlDatabase) -> Iterator[Marks]:
    made = Marks(control)
    yield made
    made.close()


def due(marks: Marks, now: float = NOW) -> list[str]:
    assert marks.flush()
    return [namespace for namespace, _ in marks.due(now)]


def begin(marks: Marks, namespace: str = "a") -> int:
    assert marks.flush()
    return marks.begin(namespace, NOW)


def test_a_mark_is_due_from_its_time_on(marks: Marks) -> None:
    marks.mark("a", NOW + 5)
    assert due(marks, NOW + 4.9) == []
    assert due(marks, NOW + 5) == ["a"]


def test_the_earlier_of_two_marks_counts(marks: Marks) -> None:
    marks.mark("a", NOW + 5)
    marks.mark("a", NOW + 9)
    marks.flush()
    marks.mark("a", NOW + 7)
    assert due(marks, NOW + 4) == []
    marks.mark("a", NOW + 3)
    assert due(marks, NOW + 3) == ["a"]


def test_those_that_wait_longest_come_first(marks: Marks) -> None:
    for namespace, at in (("a", NOW - 1), ("b", NOW - 3), ("c", NOW - 2)):
        marks.mark(namespace, at)
    assert due(marks) == ["b", "c", "a"]


def test_a_namespace_that_is_drained_is_left_alone_for_the_length_of_a_lease(marks: Marks) -> None:
    marks.mark("a", NOW)
    begin(marks)
    assert due(marks, NOW + LEASE_SECONDS - 0.1) == []
    assert due(marks, NOW + LEASE_SECONDS) == ["a"]


def test_a_drain_that_found_nothing_more_removes_the_mark(marks: Marks) -> None:
    marks.mark("a", NOW)
    marks.settle("a", begin(marks), None)
    assert due(marks, 1e12) == []


def test_a_drain_leaves_the_next_time(marks: Marks) -> None:
    marks.mark("a", NOW)
    marks.settle("a", begin(marks), NOW + 60)
    assert due(marks, NOW + 59) == []
    assert due(marks, NOW + 60) == ["a"]


def test_a_mark_during_a_drain_stays(marks: Marks) -> None:
    marks.mark("a", NOW)
    count = begin(marks)
    marks.mark("a", NOW)
    marks.settle("a", count, None)
    assert due(marks) == ["a"]
    count = begin(marks)
    marks.mark("a", NOW)
    marks.flush()
    marks.settle("a", count, NOW + 60)
    assert due(marks) == ["a"]


def test_a_mark_that_is_removed_and_made_again_is_another_one(marks: Marks) -> None:
    marks.mark("a", NOW)
    slow, quick = begin(marks), begin(marks)
    marks.settle("a", quick, None)
    assert due(marks, 1e12) == []
    marks.mark("a", NOW)
    assert due(marks) == ["a"]
    marks.settle("a", slow, None)
    assert due(marks) == ["a"]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("times", [(NOW + 60, None), (None, NOW + 60), (NOW + 60, NOW + 90), (NOW + 90, NOW + 60)])
def test_of_two_drains_that_began_alike_the_earlier_time_stays(
    marks: Marks, times: tuple[float | None, ...], together: bool
) -> None:
    marks.mark("a", NOW)
    counts = [begin(marks) for _ in times]
    for count, next_due in zip(counts, times, strict=True):
        marks.settle("a", count, next_due)
        assert together or marks.flush()
    assert due(marks, NOW + 59) == []
    assert due(marks, NOW + 60) == ["a"]


def test_a_drain_without_a_mark_leaves_one(marks: Marks) -> None:
    count = begin(marks)
    assert count == NO_COUNT
    marks.settle("a", count, NOW + 60)
    assert due(marks, NOW + 60) == ["a"]


def test_holding_never_puts_off_what_is_due_before(marks: Marks) -> None:
    marks.mark("a", NOW + 2)
    marks.hold("a", NOW + 4)
    marks.hold("b", NOW + 4)
    assert due(marks, NOW + 2) == ["a"]
    assert due(marks, NOW + 4) == ["a", "b"]


def test_holding_does_not_move_the_count(marks: Marks) -> None:
    marks.mark("a", NOW)
    count = begin(marks)
    marks.hold("a", NOW + 4)
    marks.flush()
    marks.settle("a", count, None)
    assert due(marks, 1e12) == []


def test_one_claims_a_mark(control: ControlDatabase) -> None:
    first, second = Marks(control), Marks(control)
    first.mark("a", NOW)
    first.flush()
    assert [first.claim("a", NOW), second.claim("a", NOW)] == [True, False]
    assert second.due(NOW + LEASE_SECONDS) != []
    assert not second.claim("b", NOW)
    first.close()


def test_marks_are_seen_by_others(control: ControlDatabase, marks: Marks) -> None:
    other = Marks(control)
    assert due(other) == []
    marks.mark("a", NOW)
    marks.flush()
    assert due(other) == ["a"]


def test_many_marks_are_written_together(control: ControlDatabase) -> None:
    told: list[str] = []
    marks = Marks(control, told.extend)
    for number in range(2_000):
        marks.mark(f"n{number % 7}", NOW)
    assert sorted(due(marks)) == [f"n{number}" for number in range(7)]
    assert set(told) == {f"n{number}" for number in range(7)}
    assert len(told) < 1_000
    marks.close()


def test_any_failure_is_followed_by_another_try(control: ControlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.marks.RETRY_SECONDS", 0.01)
    tries, told = list[str](), list[str]()
    write = Marks._write

    def fail_once(marks: Marks, batch: Any) -> None:
        tries.extend(batch)
        if len(tries) == 1:
            raise ValueError("a fault")
        write(marks, batch)

    def tell(names: Sequence[str]) -> None:
        told.extend(names)
        raise ValueError("a fault")

    monkeypatch.setattr(Marks, "_write", fail_once)
    marks = Marks(control, tell)
    for names in (["a"], ["a", "b"]):
        marks.mark(names[-1], NOW)
        assert due(marks) == names
    assert (tries, told) == (["a", "a", "b"], ["a", "b"])
    marks.close()
