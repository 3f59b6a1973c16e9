"""Schedulers that are processes of their own, on one namespace: every slot becomes one execution."""

from pathlib import Path

import pytest

from chains import saving
from chains.schedules import given, record
from substrate.interface import Namespace
from tests.chains.worker_process import start, working

MINUTE = 60.0
NEW_YEAR = 1_767_225_600.0  # 2026-01-01 00:00 UTC
ROUNDS, SCHEDULES, PROCESSES = 8, 3, 2
CHAIN = "name: c\nsteps: [{id: a, type: transform, operation: template, template_str: x, output_var: a}]\noutput: a\n"


def make(namespace: Namespace) -> None:
    saving.save(namespace, "chain", "c", CHAIN, NEW_YEAR)
    for number in range(SCHEDULES):
        schedule = given.new(f"sched_{number}", {"chainName": "c", "cron": "* * * * *"}, NEW_YEAR)
        namespace.write(lambda frame, one=schedule: record.keep(frame, one))  # type: ignore[misc] # bound here


@pytest.mark.slow
def test_processes_that_race_start_each_run_once(tmp_path: Path) -> None:
    with working("", tmp_path / "data") as here:
        make(here.namespace)
        processes = [start("", tmp_path / "data") for _ in range(PROCESSES)]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for minute in range(1, ROUNDS + 1):
            for process in processes:
                assert process.stdin
                process.stdin.write(f"{NEW_YEAR + minute * MINUTE}\n")
                process.stdin.flush()
            for process in processes:
                assert process.stdout
                assert process.stdout.readline() == "fired\n"
        made = here.namespace.system("SELECT created, count(*) FROM job GROUP BY created ORDER BY created")
        assert made == [(NEW_YEAR + minute * MINUTE, SCHEDULES) for minute in range(1, ROUNDS + 1)]
        here.namespace.write(lambda frame: frame.system("UPDATE chain_schedule SET due = NULL"))
        for process in processes:
            process.communicate(timeout=60)
            assert process.returncode == 0
        assert here.namespace.system("SELECT state, count(*) FROM job GROUP BY state") == [
            ("complete", ROUNDS * SCHEDULES)
        ]
        assert [one.last and one.last.outcome for one in record.listed(here.namespace)] == ["done"] * SCHEDULES
