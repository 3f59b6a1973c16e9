"""Programs that define crons and watches, what happens then, and the programs that this starts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oql import engine, exact, program, schedules, wake, watches
from oql.jobs.due import next_due
from oql.local import local_context
from oql.stored import StoredCache
from substrate.files.opening import FileStore
from substrate.interface import Namespace
from tests.timers.conftest import Open, jobs
from worker.schedules import fire_due
from worker.watching import watch_due

NOW = 1_767_225_600.0


class World:
    """A namespace with files, the programs that run in it, and a worker that does what is due."""

    def __init__(self, namespace: Namespace, files: FileStore) -> None:
        self.namespace = namespace
        self._files = files

    def run(self, text: str, request: dict[str, Any] | None = None) -> Any:
        """The result of a program; it is an error of the test where it fails."""
        cache = StoredCache(self.namespace)
        context = local_context("ada", request=request or {}, store=self.namespace, cache=cache)
        context.now, context.files = NOW, self._files.of("ada")
        outcome = engine.run(program.load(text), context)
        assert outcome.error is None, outcome.error
        return outcome.result

    def results(self) -> list[Any]:
        """What the jobs give that are due, in their order."""
        while watch_due(self.namespace, NOW):
            pass
        due = jobs(self.namespace, "source", "request")
        self.namespace.write(lambda frame: frame.system("DELETE FROM job"))
        return [self.run(source, exact.read(request)) for source, request in due]


@pytest.fixture
def world(ada: Namespace, tmp_path: Path) -> Iterator[World]:
    files = FileStore(tmp_path / "files", lambda: "https://example.com")
    yield World(ada, files)
    files.close()


def test_a_cron_runs_what_stands_in_its_block(world: World) -> None:
    world.run(
        'STRING "outside" SET ?v\n'
        'DEFINE CRON "nightly" ON SCHEDULE "0 3 * * *" OPEN   NEST (* a note *)\n'
        '  IF 1 IS EQUAL TO 1 OPEN NEST EMIT "<" & ?v & ">" CLOSE NEST\n'
        "CLOSE\nNEST\n"
    )
    fire_due(world.namespace, NOW + 4 * 3_600)
    assert world.results() == ["<>"]
    [kept] = schedules.listed(world.namespace)
    assert kept.source == '(* a note *)\n  IF 1 IS EQUAL TO 1 OPEN NEST EMIT "<" & ?v & ">" CLOSE NEST'


def test_a_watch_of_a_table_tells_what_happened(world: World) -> None:
    world.run(
        'CREATE DATABASE "shop"\n'
        'CREATE TABLE "items" FROM "shop" WITH "name TEXT PRIMARY, price NUMBER, pin ENCRYPTED"\n'
        'WATCH "table:shop.items" ON "insert|update|delete" OPEN NEST\n'
        '  EMIT !EVENT(type) & " " & !EVENT(table) & " " & !EVENT(key) & " "\n'
        "  & !EVENT(row)(price) & !EVENT(row)(pin)\n"
        "CLOSE NEST\n"
        'PARSE JSON \'{"name": "tea", "price": 3, "pin": "1234"}\' SET ?tea\n'
        'INSERT ?tea INTO "items" FROM "shop"\n'
        "NEW JSON OBJECT OPEN NEST SET price AS 4 CLOSE NEST SET ?dearer\n"
        'UPDATE ?dearer INTO "items" FROM "shop" WHERE name IS EQUAL TO "tea"\n'
        'FLUSH TABLE "items" FROM "shop"\n'
        'INSERT ?tea INTO "items" FROM "shop"\n'
    )
    assert world.results() == [
        "insert shop.items tea 3",
        "update shop.items tea 4",
        "delete shop.items tea ",
        "insert shop.items tea 3",
    ]


def test_rows_of_a_table_that_is_gone_are_not_told(world: World) -> None:
    world.run(
        'CREATE DATABASE "shop"\nCREATE TABLE "items" FROM "shop" WITH "name TEXT PRIMARY, pin ENCRYPTED"\n'
        'WATCH "table:shop.items" ON "insert" OPEN NEST EMIT !EVENT(key) & " " & !EVENT(row) CLOSE NEST\n'
        'PARSE JSON \'{"name": "tea", "pin": "1234"}\' SET ?tea\nINSERT ?tea INTO "items" FROM "shop"\n'
        'DELETE TABLE "items" FROM "shop"\n'
    )
    assert world.results() == ["tea "]


def test_the_moment_of_an_event(world: World) -> None:
    world.run('WATCH "stream:a" ON "message" OPEN NEST EMIT !EVENT(at) CLOSE NEST STREAM 1 TO "a"')
    [at] = world.results()
    assert NOW <= at < NOW + 60


def test_a_watch_of_a_stream_sees_values_as_they_were(world: World) -> None:
    world.run('WATCH "stream:a" ON "message" OPEN NEST EMIT !EVENT(message) CLOSE NEST')
    world.run('ENLIST 1 AND "x" SET ?list\nSTREAM ?list TO "a"\nSTREAM 2.5 TO "a"\nSTREAM null TO "a"\nSTREAM 1 TO "b"')
    assert world.results() == [[1, "x"], 2.5, None]


def test_a_transaction_that_fails_sends_nothing(world: World) -> None:
    world.run('WATCH "stream:a" ON "message" OPEN NEST EMIT !EVENT(message) CLOSE NEST')
    world.run(
        'TRANSACTION OPEN NEST STREAM "never" TO "a" AFTER DELETE TABLE "x" FROM "y" CLOSE NEST\n'
        'OR STREAM "then" TO "a"\n'
        'TRANSACTION OPEN NEST STREAM "always" TO "a" CLOSE NEST'
    )
    assert world.results() == ["then", "always"]


FILES = [
    ('WRITE 1 INTO "/root/in/a"', ["create /root/in/a"]),
    ('WRITE 1 INTO "/root/in//./old"', ["modify /root/in/old"]),
    ('WRITE 1 INTO "/root/in/old" AS "append"', ["modify /root/in/old"]),
    ('REMOVE "/root/in/old"', ["delete /root/in/old"]),
    ('MKDIR "/root/in/b"', ["create /root/in/b"]),
    ('MKDIR "/root/in"', []),
    ('COPY "/root/in/old" TO "/root/in/new"', ["create /root/in/new"]),
    ('COPY "/root/out/f" TO "/root/in/old"', ["modify /root/in/old"]),
    ('COPY "/root/out" TO "/root/in/out" AS "recursive"', ["create /root/in/out"]),
    ('MOVE "/root/in/old" TO "/root/in/new"', ["delete /root/in/old", "create /root/in/new"]),
    ('MOVE "/root/in/old" TO "/root/out/old"', ["delete /root/in/old"]),
    ('CLEAR "/root/in"', ["modify /root/in"]),
    ('REMOVE "/root/in" AS "recursive"', ["delete /root/in"]),
    ('COMPRESS "/root/out" AS "zip" INTO "/root/in/out.zip"', ["create /root/in/out.zip"]),
    (
        'COMPRESS "/root/out" AS "zip" INTO "/root/o.zip"\nDECOMPRESS "/root/o.zip" INTO "/root/in/o"',
        ["create /root/in/o"],
    ),
    ('WRITE 1 INTO "/root/out/a"', []),
    ('READ "/root/in/old"\nLIST "/root/in"\nSTAT "/root/in/old"', []),
    ('REMOVE "/root/in/nothing" OR EMIT "no"', []),
    ('TRANSACTION OPEN NEST WRITE 1 INTO "/root/in/t" CLOSE NEST', ["create /root/in/t"]),
]


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_what_programs_do_to_files(world: World, text: str, expected: list[str]) -> None:
    world.run('WRITE 1 INTO "/root/in/old"\nWRITE 1 INTO "/root/out/f"')
    world.run(
        'WATCH "fs:/root/in" ON "create|modify|delete" OPEN NEST EMIT !EVENT(type) & " " & !EVENT(path) CLOSE NEST'
    )
    world.run(text)
    assert world.results() == expected


def test_files_are_told_of_only_where_folders_are_watched(world: World) -> None:
    world.run('WATCH "stream:a" ON "message" OPEN NEST EMIT 1 CLOSE NEST\nWRITE 1 INTO "/root/a"')
    assert world.namespace.system("SELECT count(*) FROM message") == [(0,)]


# what is due


def test_what_is_due(world: World) -> None:
    namespace = world.namespace
    assert next_due(namespace, NOW) is None
    assert not wake.watched_kinds(namespace)
    world.run('DEFINE CRON "nightly" ON SCHEDULE "0 3 * * *" OPEN NEST EMIT 1 CLOSE NEST')
    assert next_due(namespace, NOW) == NOW + 3 * 3_600
    world.run('WATCH "stream:a" ON "message" OPEN NEST EMIT 1 CLOSE NEST')
    assert next_due(namespace, NOW) == NOW + 3 * 3_600
    world.run('STREAM 1 TO "a"')
    assert next_due(namespace, NOW) == NOW
    world.results()
    assert next_due(namespace, NOW) == NOW + 3 * 3_600
    world.run('DELETE CRON "nightly"')
    assert next_due(namespace, NOW) is None


def test_a_watch_of_a_table_is_due_until_it_has_seen_the_log(world: World) -> None:
    world.run(
        'CREATE DATABASE "shop"\nCREATE TABLE "items" FROM "shop" WITH "name TEXT PRIMARY"\n'
        'WATCH "table:shop.items" ON "delete" OPEN NEST EMIT 1 CLOSE NEST'
    )
    assert next_due(world.namespace, NOW) is None
    world.run('PARSE JSON \'{"name": "tea"}\' SET ?tea\nINSERT ?tea INTO "items" FROM "shop"')
    assert next_due(world.namespace, NOW) == NOW
    assert world.results() == []
    assert next_due(world.namespace, NOW) is None


def test_watches_are_known_to_other_processes_at_once(opened: Open) -> None:
    here, there = opened().namespace("ada"), opened().namespace("ada")
    source = watches.read_source("fs:/root/in")
    assert not wake.watched_kinds(there)
    here.write(lambda frame: watches.define(frame, source, ("create",), "EMIT 1", NOW))
    assert wake.watched_kinds(there) == {"fs"}
    here.write(lambda frame: watches.delete(frame, source))
    assert wake.watched_kinds(there) == frozenset()
