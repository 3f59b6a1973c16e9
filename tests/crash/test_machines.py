"""Two servers, as on two machines: data folders of their own, one PostgreSQL, one Redis, one folder of files."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from oql.jobs.schema import MIGRATIONS
from substrate.interface import Frame, Store
from substrate.opening import open_store
from tests.crash.clients import Login
from tests.crash.holding_on import Watched, judged, target_in
from tests.crash.killing import Target
from tests.crash.sink import Sink, taking
from tests.crash.storm import PASSWORD, logins
from tests.crash.streams import Reader
from tests.crash.works import everything, files, slow_loop, webhooks
from tests.http.running import COMMAND, ROOT, until, variables
from tests.worker.valkeys import PrivateValkey


@dataclass
class Machines:
    """Both, what they share, and an account."""

    here: Target
    there: Target
    valkey: PrivateValkey
    store: Store
    sink: Sink
    login: Login

    def client(self, target: Target) -> httpx.Client:
        """A client of the account at one of them."""
        auth = (self.login.auth["username"], PASSWORD)
        return httpx.Client(base_url=target.url(), auth=auth, timeout=60)

    def given(self, *names: str) -> list[Watched]:
        """Works of some kinds, accepted here."""
        made = {"slow": lambda tag: slow_loop(tag, 30), "hook": webhooks(self.sink.url), "file": files}
        works = [
            Watched(self.here, self.login, made[name](f"{name}{number}"), self.store)
            for number, name in enumerate(names)
        ]
        for work in works:
            work.give()
        return works


@pytest.fixture
def machines(postgres_database: str, tmp_path: Path) -> Iterator[Machines]:
    """Two servers that share all that is to be shared."""
    folders = [tmp_path / name for name in ("here", "there")]
    for folder in folders:
        folder.mkdir()
    valkey = PrivateValkey(tmp_path)
    valkey.start()
    with taking() as sink:
        here = target_in(folders[0], sink, store=postgres_database, redis_url=valkey.url)
        data = folders[1] / "data"
        data.mkdir(mode=0o700)
        shutil.copy(here.data / "secret.key", data)
        (here.data / "namespaces").mkdir(exist_ok=True)
        (data / "namespaces").symlink_to(here.data / "namespaces")
        there = target_in(folders[1], sink, store=postgres_database, redis_url=valkey.url)
        store = open_store(postgres_database, here.data, system=MIGRATIONS)
        try:
            yield Machines(here, there, valkey, store, sink, logins(here, 1)[0])
        finally:
            store.close()
            here.end()
            there.end()
            valkey.kill()


def test_a_job_of_one_is_seen_answered_cancelled_and_followed_at_the_other(machines: Machines) -> None:
    with machines.client(machines.here) as here, machines.client(machines.there) as there:

        def asked(query: str) -> str:
            answer = here.post("/v1/query", json={"query": query}).json()
            assert answer["status"] == "suspended", answer
            return str(answer["job_id"])

        job = asked('CONFIRM "Go on?" AFTER EMIT "went on"')
        assert there.get(f"/v1/job/{job}").json()["status"] == "suspended"
        assert there.post(f"/v1/confirm/{job}", json={"approved": True}).json()["result"] == "went on"
        assert here.get(f"/v1/job/{job}").json()["status"] == "complete"
        assert here.post(f"/v1/confirm/{job}", json={"approved": True}).status_code == 409

        job = asked('GATHER OPEN NEST ?name FORMAT TEXT AS "Name" CLOSE NEST SET ?all AFTER EMIT ?name')
        link = httpx.URL(here.get(f"/v1/job/{job}").json()["gather_url"])
        assert there.get(link.path).status_code == 200

        assert there.delete(f"/v1/job/{job}").status_code == 200
        assert here.get(f"/v1/job/{job}").json()["status"] == "cancelled"

        shared = 'WRITE "text" INTO "/root/f" AFTER SHARE "/root/f" SET ?url AFTER EMIT ?url'
        link = httpx.URL(here.post("/v1/query", json={"query": shared}).json()["result"])
        assert (there.get(link.path).text, here.get(link.path).status_code) == ("text", 410)

        [slow] = machines.given("slow")
        auth = httpx.BasicAuth(machines.login.auth["username"], PASSWORD)
        readers = [Reader(one.url, f"/v1/job/{slow.job_id}/stream", auth) for one in (machines.here, machines.there)]
        for reader in readers:
            reader.read_all(None)
        assert readers[0].got == readers[1].got
        assert len(readers[0].got) > 30


def test_when_one_dies_the_other_goes_on_with_its_jobs_and_sends_each_webhook_once(machines: Machines) -> None:
    works = machines.given(*["slow"] * 4, *["hook"] * 4, *["file"] * 2)
    works[0].holder()
    machines.here.kill_everything()
    faults = judged(works, machines.sink)
    assert not faults, "\n".join(faults)
    machines.valkey.kill()
    work = Watched(machines.there, machines.login, everything("alone", machines.sink.url), machines.store)
    work.give()
    faults = judged([work], machines.sink)
    assert not faults, "\n".join(faults)


def test_a_slot_of_a_schedule_fires_once_and_a_webhook_is_sent_once(machines: Machines) -> None:
    query = f"""DEFINE CRON "nightly" ON SCHEDULE "0 3 * * *" OPEN NEST
  NEW JSON OBJECT OPEN NEST SET at AS !NOW CLOSE NEST SET ?told
  WEBHOOK ?told AT "{machines.sink.url}/nightly"
CLOSE NEST"""
    with machines.client(machines.here) as here:
        answer = here.post("/v1/query", json={"query": query}).json()
    assert answer["status"] == "ok", answer
    namespace, now = machines.store.namespace(machines.login.namespace), time.time()

    def bring_on(frame: Frame) -> None:
        frame.system("UPDATE cron SET due = ?", now - 86_400 - now % 60)

    namespace.write(bring_on)
    until(lambda: machines.sink.of("nightly"), 30)
    time.sleep(2)  # in which others would fire it, or send it, once more
    fired = namespace.system("SELECT state FROM job WHERE kind = 'cron'")
    assert fired == [("complete",)]
    assert [call[0] for call in machines.sink.calls] == ["nightly"]


def test_a_server_with_another_key_is_refused(machines: Machines, tmp_path: Path) -> None:
    settings = variables(tmp_path / "stranger", {"store": machines.here.store})
    for command in (COMMAND, (COMMAND[0], "worker")):
        done = subprocess.run(command, cwd=ROOT, env=settings, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert re.fullmatch(r"oql: the store belongs to another key than \S+: copy that file [^\n]+\n", done.stderr)
