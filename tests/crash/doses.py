"""Faults of one process, and many at one thing: each as often as asked."""

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from oql.jobs.schema import MIGRATIONS
from substrate.opening import open_store
from tests.crash.chains import COMMITS, answering, killed_at as chain_killed_at
from tests.crash.clients import Client
from tests.crash.course import Course
from tests.crash.disk import HOWS, failed_at
from tests.crash.keys import one_key, one_link
from tests.crash.migrating import EDGES, killed_at as migration_killed_at
from tests.crash.planted import is_caught, planted
from tests.crash.points import EVERY_COMMIT, OF_FILES, OF_JOBS, killed_at
from tests.crash.racing import raced
from tests.crash.serving import server
from tests.crash.sink import taking
from tests.crash.storm import PASSWORD
from tests.crash.streams import Reader
from tests.crash.works import everything, slow_loop
from tests.substrate.postgres_server import new_database, running_server

CUT_READERS = 8
EVENTS_OF_A_JOB = 20


def points(course: Course) -> None:
    """Each named point in turn, the first time that it is reached, then the second, and so on: so many deaths."""
    names, died = (*EVERY_COMMIT, *OF_JOBS, *OF_FILES), Counter[str]()
    with taking() as sink:

        def kill(number: int) -> list[str]:
            times, which = divmod(number, len(names))
            point = f"{names[which]}*{times + 1}"
            dead, wrong = killed_at("", course.folder / f"{number}", sink, everything(f"t{number}", sink.url), point)
            died[names[which]] += dead
            return [f"at `{point}`: {fault}" for fault in wrong]

        course.each(course.dose, kill)
    course.notes.append(f"{died.total():,} deaths: " + ", ".join(f"{name} {died[name]}" for name in names))


def chain_points(course: Course) -> None:
    """A process that runs a chain dies at each of its commits in turn; on SQLite, or by turns on PostgreSQL."""
    died = Counter[str]()
    with running_server(course.folder) as postgres:

        def kill(number: int) -> list[str]:
            point = f"{EVERY_COMMIT[number % 3]}*{number // 6 % COMMITS + 1}"
            back_end = "PostgreSQL" if number // 3 % 2 else "SQLite"
            with new_database(postgres) as url, answering() as model:
                where = url if back_end == "PostgreSQL" else ""
                dead, wrong = chain_killed_at(where, course.folder / f"{number}", model, point)
            died[back_end] += dead
            return [f"at `{point}` on {back_end}: {fault}" for fault in wrong]

        course.each(course.dose, kill)
    course.notes.append(", ".join(f"{count:,} deaths on {name}" for name, count in sorted(died.items())))


def migrations(course: Course) -> None:
    """So many deaths at the edges of the states of a migration, at each of them in turn, on both back ends."""
    died = Counter[str]()
    with running_server(course.folder) as postgres:

        def kill(number: int) -> list[str]:
            point, back_end = [*EDGES][number % len(EDGES)], "PostgreSQL" if number % 20 >= 10 else "SQLite"
            with new_database(postgres) as url:
                where = url if back_end == "PostgreSQL" else ""
                dead, wrong = migration_killed_at(where, course.folder / f"{number}", point)
            died[back_end] += dead
            return [f"at `{point}` on {back_end}: {fault}" for fault in wrong]

        course.each(course.dose, kill)
    course.notes.append(", ".join(f"{count:,} died on {name}" for name, count in sorted(died.items())))


def disk(course: Course) -> None:
    """The first write or sync of the disk fails, the second, and so on: so many, each in the next of the ways."""
    failures = Counter[str]()
    with taking() as sink:

        def fail(number: int) -> list[str]:
            n, how = number + 1, HOWS[number % len(HOWS)]
            failed, wrong = failed_at(course.folder / f"{n}", sink, everything(f"t{n}", sink.url), n, how)
            failures[how] += failed
            return [f"{how}: {fault}" for fault in wrong]

        course.each(course.dose, fail)
    course.notes.append(f"{failures.total():,} failures")


def racing(course: Course) -> None:
    """So many races of an answer, a cancellation and a deadline."""
    won = Counter[str]()
    stores = [open_store("", course.folder / "data", system=MIGRATIONS) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:

        def race(number: int) -> list[str]:
            came = raced([store.namespace("user_race") for store in stores], f"job{number}", 1_000.0, pool)
            won[came.wait] += 1
            return came.faults

        for number in course.units(course.dose):
            course.did(1, course.tried(number, race))
    for store in stores:
        store.close()
    course.notes.append(", ".join(f"{count:,} {name}" for name, count in sorted(won.items())))


def links(course: Course) -> None:
    """So many single-use links, each asked for by 64 clients at once."""
    with server(course.folder) as there, httpx.Client() as client:
        course.each(course.dose, lambda number: one_link(client, there.target.url(), there.login, f"link{number}", 64))


def keys(course: Course) -> None:
    """So many idempotency keys, each used by 32 clients at once."""
    with server(course.folder) as there:
        course.each(
            course.dose, lambda number: one_key(there.target.url(), there.login, there.store, f"key{number}", 32)
        )


def streams(course: Course) -> None:
    """Readers that come back until there were so many reconnects, each compared with one that stays."""
    with server(course.folder) as there:
        auth, jobs = httpx.BasicAuth(there.login.auth["username"], PASSWORD), itertools.count()

        def read(number: int) -> list[str]:
            job = Client(there.login, iter(()), there.target.url).give(slow_loop(f"s{number}", 10), "async").job
            path, chosen = f"/v1/job/{job}/stream", course.chosen(number)
            cut = [Reader(there.target.url, path, auth) for _ in range(CUT_READERS)]
            whole = Reader(there.target.url, path, auth)
            with ThreadPoolExecutor(CUT_READERS + 1) as pool:
                list(pool.map(lambda one: one.read_all(None if one is whole else chosen), [whole, *cut]))
            course.did(sum(one.cuts for one in cut), [])
            wrong = [one for one in cut if one.got != whole.got] if len(whole.got) > EVENTS_OF_A_JOB else [whole]
            return [f"{[event[0] for event in one.got]}, not {[event[0] for event in whole.got]}" for one in wrong]

        while not course.enough():
            course.each(4, lambda _: read(next(jobs)), weight=0)
    course.notes.append(f"{CUT_READERS} readers at each of {next(jobs):,} jobs")


def planted_bugs(course: Course) -> None:
    """Every planted bug, once."""
    bugs = planted()
    course.dose = len(bugs)

    def catch(number: int) -> list[str]:
        bug = bugs[number]
        return [] if is_caught(bug, course.folder / bug.name) else [f"not caught: {bug.name}"]

    course.each(len(bugs), catch)
