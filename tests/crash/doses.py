"""The faults that a server is put through, each as often as asked; what was found, and what was measured."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from oql.jobs.records import LEASE_S
from oql.jobs.schema import MIGRATIONS
from substrate.interface import Store
from substrate.opening import open_store
from tests.crash.clients import Client, Login
from tests.crash.disk import HOWS, failed_at
from tests.crash.holding_on import Watched, freeze_holder, judged, kill_holder, opened, target_in
from tests.crash.keys import one_key, one_link
from tests.crash.killing import Target
from tests.crash.migrating import EDGES, killed_at as migration_killed_at
from tests.crash.planted import is_caught, planted
from tests.crash.points import EVERY_COMMIT, OF_FILES, OF_JOBS, killed_at
from tests.crash.racing import raced
from tests.crash.sink import Sink, taking
from tests.crash.storm import PASSWORD, Plan, logins, storm
from tests.crash.streams import Reader
from tests.crash.works import everything, slow_loop

KILLS_OF_A_STORM = 50
JOBS_A_KILL = 20
STREAM_CUTS = 25


@dataclass
class Dose:
    """What came of one part."""

    faults: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True, slots=True)
class _There:
    """A server with one account, for parts that need no more."""

    target: Target
    login: Login
    store: Store
    sink: Sink


def kills(folder: Path, dose: int) -> Dose:
    """So many kills of everything that can be killed, over twenty times as many jobs of four namespaces."""
    ways = (
        ("job worker",) * 5
        + ("web worker",) * 3
        + ("scheduler", "valkey", "flush", "all children", "master", "everything")
    )
    return _storms(folder, dose, ways, JOBS_A_KILL)


def migrations(folder: Path, dose: int) -> Dose:
    """So many deaths at the edges of the states of a migration, at each of them in turn."""
    came, died = Dose(), 0
    for run, point in enumerate(itertools.islice(itertools.cycle(EDGES), dose)):
        dead, faults = migration_killed_at("", folder / f"{run}", point)
        died += dead
        came.faults += [f"at `{point}`: {fault}" for fault in faults]
    came.note = f"{died:,} died"
    return came


def redis(folder: Path, dose: int) -> Dose:
    """So many times Valkey dies, or forgets everything."""
    return _storms(folder, dose, ("valkey", "flush"), 5)


def rolling(folder: Path, dose: int) -> Dose:
    """So many gentle ends and new starts."""
    return _storms(folder, dose, ("rolling restart",), JOBS_A_KILL)


def points(folder: Path, dose: int) -> Dose:
    """Each named point, the first time that it is reached, the second, and so on: so many times."""
    came, died, runs = Dose(), 0, 0
    with taking() as sink:
        for point in (*EVERY_COMMIT, *OF_JOBS, *OF_FILES):
            for times in range(1, dose + 1):
                runs += 1
                here = folder / f"{runs}"
                dead, wrong = killed_at("", here, sink, everything(f"t{runs}", sink.url), f"{point}*{times}")
                died += dead
                came.faults += [f"{point}*{times}: {fault}" for fault in wrong]
                if not dead:
                    break
    came.note = f"{died:,} deaths"
    return came


def disk(folder: Path, dose: int) -> Dose:
    """The first write or sync of the disk fails, the second, and so on: so many, each in the next of the ways."""
    came, failures = Dose(), 0
    with taking() as sink:
        for n, how in zip(range(1, dose + 1), itertools.cycle(HOWS), strict=False):
            failed, wrong = failed_at(folder / f"{n}", sink, everything(f"t{n}", sink.url), n, how)
            failures += failed
            came.faults += [f"{n} {how}: {fault}" for fault in wrong]
    came.note = f"{failures:,} failures"
    return came


def takeover(folder: Path, dose: int) -> Dose:
    """Kills the holder of a job so many times; how long it took until another one ran it."""
    return _disturbed(folder, dose, kill_holder, "until another worker runs the job")


def frozen(folder: Path, dose: int) -> Dose:
    """Stops the holder of a job for twice the lease so many times."""
    return _disturbed(folder, dose, lambda one: freeze_holder(one, 2 * LEASE_S), "until another worker runs the job")


def racing(folder: Path, dose: int) -> Dose:
    """So many races of an answer, a cancellation and a deadline."""
    came, won = Dose(), dict.fromkeys(("answered", "cancelled", "expired"), 0)
    stores = [open_store("", folder / "data", system=MIGRATIONS) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        for number in range(dose):
            race = raced([store.namespace("user_race") for store in stores], f"job{number}", 1_000.0, pool)
            came.faults += race.faults
            won[race.wait] = won.get(race.wait, 0) + 1
    for store in stores:
        store.close()
    came.note = ", ".join(f"{count:,} {name}" for name, count in won.items())
    return came


def links(folder: Path, dose: int) -> Dose:
    """So many single-use links, each asked for by 64 clients at once."""
    with _server(folder) as there, ThreadPoolExecutor(64) as pool:
        found = (one_link(there.target.url(), there.login, f"link{number}", 64, pool) for number in range(dose))
        return Dose(list(itertools.chain.from_iterable(found)))


def keys(folder: Path, dose: int) -> Dose:
    """So many idempotency keys, each used by 32 clients at once."""
    with _server(folder) as there, ThreadPoolExecutor(32) as pool:
        found = (
            one_key(there.target.url(), there.login, there.store, f"key{number}", 32, pool) for number in range(dose)
        )
        return Dose(list(itertools.chain.from_iterable(found)))


def streams(folder: Path, dose: int) -> Dose:
    """Readers that come back until there were so many reconnects, each compared with one that stays."""
    came, cuts, chosen = Dose(), 0, random.Random(1)
    with _server(folder) as there:
        auth = httpx.BasicAuth(there.login.auth["username"], PASSWORD)
        for number in itertools.count():
            job = Client(there.login, iter(()), there.target.url).give(slow_loop(f"s{number}", 10), "async").job
            cut, whole = (Reader(there.target.url, f"/v1/job/{job}/stream", auth) for _ in range(2))
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda one: one[0].read_all(one[1]), ((cut, chosen), (whole, None))))
            if cut.got != whole.got:
                came.faults.append(f"job {job}: {[one[0] for one in cut.got]}, not {[one[0] for one in whole.got]}")
            cuts += cut.cuts
            if cuts >= dose:
                break
    came.note = f"{cuts:,} reconnects to {number + 1:,} jobs"
    return came


def planted_bugs(folder: Path, dose: int) -> Dose:
    """Every planted bug, once."""
    bugs = planted()
    missed = [f"not caught: {bug.name}" for bug in bugs if not is_caught(bug, folder / bug.name)]
    return Dose(missed, f"{len(bugs) - len(missed)} of {len(bugs)} caught")


def _storms(folder: Path, dose: int, ways: Sequence[str], jobs_a_kill: int) -> Dose:
    came, chosen, left, given = Dose(), random.Random(dose), dose, 0
    while left:
        some = min(left, KILLS_OF_A_STORM)
        left -= some
        plan = Plan(
            [chosen.choice(ways) for _ in range(some)],
            seed=chosen.randrange(1_000),
            namespaces=4,
            jobs_each=max(10, some * jobs_a_kill // 4),
            pause_s=0.05,
        )
        outcome = storm(folder / str(left), plan)
        given += len(outcome.given)
        if outcome.faults:
            came.faults += [*outcome.faults, "done: " + "; ".join(line.strip() for line in outcome.log)]
    came.note = f"{given:,} jobs"
    return came


def _disturbed(folder: Path, dose: int, disturb: Callable[[Watched], float], what: str) -> Dose:
    came, seconds = Dose(), []
    with _server(folder, job_workers=3) as there:
        for number in range(dose):
            one = Watched(there.target, there.login, slow_loop(f"t{number}", 40), there.store)
            one.give()
            seconds.append(disturb(one))
            came.faults += judged([one], there.sink)
    seconds.sort()
    shown = {"median": 0.5, "p99": 0.99, "most": 1.0}
    told = ", ".join(
        f"{name} {seconds[min(len(seconds) - 1, int(part * len(seconds)))]:.1f} s" for name, part in shown.items()
    )
    came.note = f"{what}: {told}"
    return came


@contextmanager
def _server(folder: Path, job_workers: int = 2) -> Iterator[_There]:
    with taking() as sink:
        target = target_in(folder, sink, job_workers=str(job_workers))
        store = opened(target)
        try:
            yield _There(target, logins(target, 1)[0], store, sink)
        finally:
            store.close()
            target.end()
