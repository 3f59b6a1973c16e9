"""A step on files whose process dies right before or right behind its effect takes effect once all the same.

The first step of each program, which writes what the second one works on, is not the one that is hit: the second is.
"""

import json
import time
from pathlib import Path

import pytest

from oql.jobs import records
from oql.jobs.schema import MIGRATIONS
from oql.local import new_id
from substrate.files.opening import FileStore
from substrate.interface import Namespace
from substrate.opening import open_store
from tests.crash.forked import dies
from tests.files import one_run
from tests.files.asking import ASKER, NAMESPACE

pytestmark = pytest.mark.slow

BEFORE, BEHIND = "before an effect outside*2", "after an effect outside*2"
PROGRAMS = {
    'WRITE "a" INTO "/root/log" AFTER WRITE "b" INTO "/root/log" AS "append"': {"log": "ab"},
    'MKDIR "/root/d" AFTER WRITE "b" INTO "/root/new" AS "append"': {"d": None, "new": "b"},
    'WRITE "aa" INTO "/root/log" AFTER WRITE "a" INTO "/root/log" AS "append"': {"log": "aaa"},
    'WRITE "a" INTO "/root/f" AFTER WRITE "b" INTO "/root/f"': {"f": "b"},
    'WRITE "a" INTO "/root/f" AFTER MOVE "/root/f" TO "/root/d/g"': {"d": None, "d/g": "a"},
    'WRITE "a" INTO "/root/d/f" AFTER MOVE "/root/d" TO "/root/e"': {"e": None, "e/f": "a"},
    'WRITE "a" INTO "/root/f" AFTER REMOVE "/root/f"': {},
    'WRITE "a" INTO "/root/d/f" AFTER REMOVE "/root/d" AS "recursive"': {},
    'WRITE "a" INTO "/root/d/f" AFTER CLEAR "/root/d"': {"d": None},
    'WRITE "a" INTO "/root/f" AFTER MKDIR "/root/d/e"': {"f": "a", "d": None, "d/e": None},
    'WRITE "a" INTO "/root/f" AFTER COPY "/root/f" TO "/root/g"': {"f": "a", "g": "a"},
    'WRITE "a" INTO "/root/d/f" AFTER COPY "/root/d" TO "/root/e" AS "recursive"': {
        "d": None, "d/f": "a", "e": None, "e/f": "a",
    },
}  # fmt: skip
"""Programs of two steps, and what is below `/root` behind them: texts of files, None for folders."""


@pytest.fixture
def there(data: Path) -> Namespace:
    """The namespace whose job other processes run."""
    return open_store("", data, system=MIGRATIONS).namespace(NAMESPACE)


def make_job(there: Namespace, program: str) -> str:
    """Makes the job that `run` takes."""
    job = new_id(4)
    there.write(lambda frame: records.create(frame, id=job, source=program, request={}, now=time.time()))
    return job


def run(data: Path, kill_at: str = "") -> bool:
    """Runs the job in a process of its own; whether that died."""
    return dies(kill_at, one_run.run, data)


def result(there: Namespace, job: str) -> object:
    """What the job has given; it has to be complete."""
    found = records.find(there, job)
    assert found is not None
    assert found.state == "complete", found.answer
    return (found.answer or {})["result"]


def below(store: FileStore) -> dict[str, str | None]:
    """All that is below `/root`."""
    files = store.of(NAMESPACE)
    return {
        entry.path.removeprefix("/root/"): None if entry.is_folder else files.read(entry.path, 100, ASKER).decode()
        for entry in files.walk("/root", 100, ASKER, recursive=True)
    }


@pytest.mark.parametrize("point", [BEFORE, BEHIND])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_step_takes_effect_once(there: Namespace, data: Path, store: FileStore, program: str, point: str) -> None:
    job = make_job(there, f'{program} AFTER RETURN "done"')
    assert run(data, point)
    assert not run(data)
    assert result(there, job) == "done"
    assert below(store) == PROGRAMS[program]


def test_the_process_dies_where_the_tests_say(there: Namespace, data: Path, store: FileStore) -> None:
    make_job(there, 'WRITE "a" INTO "/root/log" AFTER WRITE "b" INTO "/root/log" AS "append"')
    assert run(data, BEFORE)
    assert below(store) == {"log": "a"}
    assert run(data, "after an effect outside")
    assert below(store) == {"log": "ab"}


FAILING = {
    'MKDIR "/root/d" AFTER REMOVE "/root/f"': "there is no file or folder `/root/f`",
    'MKDIR "/root/d" AFTER MOVE "/root/f" TO "/root/g"': "there is no file or folder `/root/f`",
}


@pytest.mark.parametrize("program", FAILING)
def test_what_was_never_there_is_no_sign_that_a_step_was_done(there: Namespace, data: Path, program: str) -> None:
    job = make_job(there, program)
    assert run(data, BEFORE)
    assert not run(data)
    found = records.find(there, job)
    assert found is not None
    assert (found.state, (found.answer or {})["error"]["message"]) == ("error", FAILING[program])


def test_an_append_is_found_behind_what_others_have_added_since(there: Namespace, data: Path, store: FileStore) -> None:
    make_job(there, 'WRITE "a" INTO "/root/log" AFTER WRITE "b" INTO "/root/log" AS "append"')
    assert run(data, BEHIND)
    store.of(NAMESPACE).write("/root/log", b"others", ASKER, append=True)
    assert not run(data)
    assert below(store) == {"log": "abothers"}


def test_an_append_that_was_not_done_goes_behind_what_others_have_added_since(
    there: Namespace, data: Path, store: FileStore
) -> None:
    make_job(there, 'WRITE "b" INTO "/root/log" AFTER WRITE "b" INTO "/root/log" AS "append"')
    assert run(data, BEFORE)
    store.of(NAMESPACE).write("/root/log", b"others", ASKER, append=True)
    assert not run(data)
    assert below(store) == {"log": "bothersb"}


def test_an_append_that_is_taken_back_is_done_again(there: Namespace, data: Path, store: FileStore) -> None:
    program = 'WRITE "a" INTO "/root/log" AFTER WRITE "b" INTO "/root/log" AS "append"'
    make_job(there, f'{program} AFTER WRITE "c" INTO "/root/log" AS "append"')
    assert run(data, "inside an append")
    assert not run(data)
    assert below(store) == {"log": "abc"}


def test_an_append_that_another_step_has_half_done_is_not_what_was_there_before(
    there: Namespace, data: Path, store: FileStore
) -> None:
    store.of(NAMESPACE).write("/root/log", b"a", ASKER)
    make_job(there, 'WRITE "b" INTO "/root/log" AS "append"')
    assert dies("inside an append", one_run.append, data, "/root/log", b"others")
    assert run(data, "after an effect outside")
    assert not run(data)
    assert below(store) == {"log": "ab"}


def test_nobody_reads_what_is_taken_back(there: Namespace, data: Path, store: FileStore) -> None:
    store.of(NAMESPACE).write("/root/log", b"a", ASKER)
    assert dies("inside an append", one_run.append, data, "/root/log", b"others")
    job = make_job(there, 'READ "/root/log" SET ?text AFTER RETURN ?text')
    assert not run(data)
    assert result(there, job) == "a"


def test_an_archive_inside_what_it_packs_is_made_once(there: Namespace, data: Path, store: FileStore) -> None:
    program = """WRITE "a" INTO "/root/d/f" AFTER COMPRESS "/root/d" AS "zip" INTO "/root/d/z.zip"
        AFTER DECOMPRESS "/root/d/z.zip" INTO "/root/out" SET ?files AFTER RETURN ?files"""
    job = make_job(there, program)
    for kill_at in (BEHIND, "after an effect outside"):
        assert run(data, kill_at)
    assert not run(data)
    assert result(there, job) == 1
    assert sorted(below_out(store)) == ["out", "out/d", "out/d/f"]


def below_out(store: FileStore) -> list[str]:
    files = store.of(NAMESPACE)
    found = (entry.path.removeprefix("/root/") for entry in files.walk("/root", 100, ASKER, recursive=True))
    return [path for path in found if path.startswith("out")]


@pytest.mark.parametrize("times", [2, 3])
def test_one_link_is_made_and_ended_once(there: Namespace, data: Path, times: int) -> None:
    """Killed behind SHARE there is one link all the same; behind UNSHARE it still says how many it has ended."""
    program = 'WRITE "a" INTO "/root/f" AFTER SHARE "/root/f" SET ?u AFTER UNSHARE "/root/f" SET ?n AFTER RETURN ?n'
    job = make_job(there, program)
    assert run(data, f"after an effect outside*{times}")
    assert not run(data)
    assert result(there, job) == 1


@pytest.mark.parametrize("point", [BEFORE, BEHIND])
def test_watches_are_told_once(there: Namespace, data: Path, point: str) -> None:
    program = """
    WATCH "fs:/root" ON "create|modify|delete" OPEN NEST CACHE 1 AS "k" CLOSE NEST
    AFTER WRITE "a" INTO "/root/f" AFTER MOVE "/root/f" TO "/root/g"
    """
    make_job(there, program)
    assert run(data, point)
    assert not run(data)
    told = [json.loads(str(value)) for (value,) in there.system("SELECT value FROM message ORDER BY number")]
    assert told == [
        {"type": "create", "path": "/root/f"},
        {"type": "delete", "path": "/root/f"},
        {"type": "create", "path": "/root/g"},
    ]


def test_files_inside_a_transaction_do_not_wait_for_it(there: Namespace, data: Path, store: FileStore) -> None:
    """Their steps are noted with the TRANSACTION, and are done again with it when it did not come to its end."""
    program = """CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "n NUMBER"
        AFTER TRANSACTION OPEN NEST WRITE "a" INTO "/root/f" AFTER REMOVE "/root/f"
            AFTER WRITE "b" INTO "/root/g" CLOSE NEST
        AFTER RETURN "done" """
    job = make_job(there, program)
    assert not run(data)
    assert result(there, job) == "done"
    assert below(store) == {"g": "b"}
