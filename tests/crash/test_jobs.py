"""Jobs of several namespaces go on to their right end, whatever part of the server is killed under them."""

from pathlib import Path

import pytest

from tests.crash.storm import Plan, storm

SCENARIOS = {
    "parts": ("job worker", "web worker", "scheduler", "flush", "job worker", "valkey", "web worker", "job worker"),
    "everything": ("all children", "everything", "job worker", "master"),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_under_load(name: str, tmp_path: Path) -> None:
    outcome = storm(tmp_path, Plan(SCENARIOS[name]))
    assert not outcome.faults, outcome.told()
    assert len(outcome.given) >= 20


def test_killed_under_load_on_postgres(postgres_database: str, tmp_path: Path) -> None:
    outcome = storm(tmp_path, Plan((*SCENARIOS["parts"][:4], "everything"), namespaces=2, store=postgres_database))
    assert not outcome.faults, outcome.told()
    assert len(outcome.given) >= 10
