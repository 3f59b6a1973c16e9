"""Every case of every page: on both stores, and with a run that ends behind each thing that it has kept."""

from collections.abc import Callable
from typing import Any

import pytest

from chains.running.works import StepWork
from oql.journal import Interrupted
from tests.chains.cases.reading import Case, cases
from tests.chains.cases.stage import Stage

ALL = list(cases())
SORTED = frozenset({"asked", "called", "begun", "ended"})
PARTIAL = frozenset({"told", "outputs", "variables", "tokens"})
TOLD_AGAIN = frozenset({"told", "begun"})
"""What a run that goes on may tell once more."""


def check(found: dict[str, Any], case: Case, *but: str) -> None:
    for key in ("result", "error", "code", "refused", "waits"):
        if key in case.given or (key in found and key != "code"):
            assert found.get(key) == case.given.get(key), key
    for key in PARTIAL & set(case.given) - set(but):
        assert {step: found[key].get(step, []) for step in case.given[key]} == case.given[key], key
    for key in SORTED & set(case.given) - set(but):
        assert found[key] == case.given[key] or found[key] == sorted(case.given[key]), key


@pytest.mark.parametrize("case", ALL, ids=str)
def test_case(stage: Stage, case: Case) -> None:
    check(stage.play(case), case)


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run ends as soon as a step has kept something new, as if the process had died there."""
    kept = StepWork.once

    def once(work: StepWork, name: str, make: Callable[[], Any]) -> Any:
        made: list[bool] = []

        def making() -> Any:
            value = make()
            made.append(True)
            return value

        value = kept(work, name, making)
        if made:
            raise Interrupted("the end of this run")
        return value

    monkeypatch.setattr(StepWork, "once", once)


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", ALL, ids=str)
def test_nothing_is_asked_twice_by_runs_that_go_on(stage: Stage, case: Case) -> None:
    check(stage.play(case), case, *TOLD_AGAIN)


def test_the_names_of_cases_are_unique() -> None:
    names = [str(case) for case in ALL]
    assert len(names) == len(set(names)) >= 80
