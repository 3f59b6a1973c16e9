"""A follower: each tenant of a leader in a thread of its own, which asks for frames, applies and acknowledges them.

It goes on after errors that pass. It stops with a tenant whose frames are damaged, whose log is not the one that its
own came from, or whose leader has an epoch before one that it has seen; the others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from substrate import json
from substrate.errors import Conflict, NotFound, StoreError
from substrate.interface import DatabaseError, Lsn, Namespace, Store
from substrate.replication.leases import Followed, Followers, Leases
from worker.replication.asking import Answer, Server, Unreachable

WAIT_SECONDS = 20
"""How long one request waits for a frame."""
LIST_SECONDS = 0.5
"""How often it looks for new tenants."""
NOTE_SECONDS = 1.0
"""How often it says how it stands, where nothing has changed."""
MANY, FEW, LARGE_BYTES = 256, 4, 16 * 2**20
"""Frames in one answer: few where they are large."""
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)

_log = logging.getLogger("oql.replication")


class Stopped(Exception):
    """It cannot go on with a tenant; the message says why."""


@dataclass(slots=True)
class Following:
    """What follows one leader. `name`: as which it acknowledges."""

    store: Store
    leases: Leases
    followers: Followers
    url: str
    token: str
    name: str
    stopping: threading.Event
    _followed: dict[str, tuple["_Tenant", threading.Thread]] = field(default_factory=dict)

    def run(self) -> None:
        """Follows all tenants until it is told to stop."""
        leader, failures = Server(self.url, self.token), 0
        while not self.stopping.is_set():
            try:
                for tenant in leader.get("/admin/tenants").value:
                    self._begin(tenant)
                failures = 0
            except (Unreachable, Conflict, NotFound) as error:
                failures += 1
                if failures == 1:
                    _log.warning("the leader does not answer: %s", error)
            except Exception:  # noqa: BLE001 - a fault of ours must not end what nobody would begin again
                failures += 1
                _log.exception("the leader cannot be asked for its tenants now")
            self.stopping.wait(_pause(failures) if failures else LIST_SECONDS)
        leader.close()
        for one, thread in self._followed.values():
            one.leader.end()
            thread.join(2)

    def _begin(self, tenant: str) -> None:
        if tenant not in self._followed:
            one = _Tenant(self, self.store.namespace(tenant), Server(self.url, self.token))
            thread = threading.Thread(target=one.run, name=f"follow {tenant}", daemon=True)
            thread.start()
            self._followed[tenant] = (one, thread)


@dataclass(slots=True)
class _Tenant:
    """One tenant that is followed."""

    of: Following
    namespace: Namespace
    leader: Server
    many: int = MANY
    noted: float = 0.0

    def run(self) -> None:
        """Follows it until it is told to stop, or cannot go on."""
        try:
            self._follow()
        finally:
            self.leader.close()

    def _follow(self) -> None:
        failures = 0
        while not self.of.stopping.is_set():
            try:
                if not self._goes_on():
                    return
                failures = 0
            except (Unreachable, DatabaseError, StoreError) as error:
                failures += 1
                if failures == 1:
                    _log.warning("the tenant %s cannot be followed now: %s", self.namespace.name, error)
                self.of.stopping.wait(_pause(failures))
            except Exception:  # noqa: BLE001 - a fault of ours must not end what nobody would begin again
                failures += 1
                _log.exception("the tenant %s cannot be followed now", self.namespace.name)
                self.of.stopping.wait(_pause(failures))

    def _goes_on(self) -> bool:
        """Does one step; False where the tenant can be followed no longer, which is noted. Raises as `_step`."""
        try:
            self._step()
        except Stopped as reason:
            self._note("stopped", str(reason), Lsn(0, 0))
            _log.error("the tenant %s is followed no longer: %s", self.namespace.name, reason)
            return False
        return True

    def _step(self) -> None:
        """Asks once, and does what the answer says. Raises Stopped, Unreachable, StoreError, DatabaseError."""
        begin, crc = self._place()
        epoch = self.of.leases.epoch()
        try:
            answer = self.leader.get(
                "/replication/frames", tenant=self.namespace.name, since_segment=begin.segment,
                since_offset=begin.offset - 1 if begin.offset else None, limit=self.many, wait=WAIT_SECONDS,
                epoch=epoch, crc=crc,
            )  # fmt: skip
        except Conflict as conflict:
            self._settle(conflict, epoch)
            return
        except NotFound:  # deleted there, or not yet there
            self.of.stopping.wait(LIST_SECONDS)
            return
        self._take(answer, begin, epoch)

    def _place(self) -> tuple[Lsn, str | None]:
        """Where the own log ends, and the checksum of its last frame."""
        try:
            begin = self.namespace.lsn()
            return begin, self.namespace.window(begin, None).crc
        except NotFound:
            return Lsn(0, 0), None

    def _settle(self, conflict: Conflict, epoch: int) -> None:
        """What the leader will not do: because of its epoch, because its log is too short, or is another one."""
        theirs = conflict.detail.get("epoch")
        if conflict.detail.get("diverged"):
            raise Stopped("its log is not the one that this one came from")
        if isinstance(theirs, int):
            if theirs < epoch:
                raise Stopped(f"its leader has the epoch {theirs}, and one had {epoch}")
            self.of.leases.seen(theirs)
        elif "oldest" in conflict.detail:
            self._snapshot()
        else:
            raise Unreachable(conflict.message)

    def _take(self, answer: Answer, begin: Lsn, epoch: int) -> None:
        frames = [bytes.fromhex(each) for each in answer.value]
        end = _lsn(answer.headers["x-oc-log-end"])
        if end < begin:
            raise Stopped(f"its leader's log ends at {end.segment}:{end.offset}, before this one")
        self.many = FEW if answer.size > LARGE_BYTES else MANY
        if frames or not self.namespace.exists() or not self.noted:
            begin = self._done(lambda: self.namespace.apply(frames, epoch))
            self._acknowledge(begin)
        if frames or time.monotonic() - self.noted > NOTE_SECONDS:
            self._note("following", "", end)

    def _snapshot(self) -> None:
        """Takes the tenant as a whole, in place of what is here."""
        lines = self.leader.lines("/replication/snapshot", tenant=self.namespace.name)
        lsn = self._done(lambda: self.namespace.load(_frames(lines), whole=False))
        self._acknowledge(lsn)
        self._note("following", "", lsn)

    def _done(self, work: Callable[[], Lsn]) -> Lsn:
        try:
            return work()
        except Conflict as damage:
            raise Stopped(damage.message) from damage

    def _acknowledge(self, lsn: Lsn) -> None:
        place = {"segment": lsn.segment, "offset": lsn.offset}
        self.leader.post("/replication/ack", {"follower": self.of.name, "tenant": self.namespace.name, "lsn": place})

    def _note(self, state: str, reason: str, end: Lsn) -> None:
        self.noted = time.monotonic()
        self.of.followers.note(Followed(self.namespace.name, state, reason, end, time.time()))


def _frames(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The frames of a snapshot. Raises Unreachable where it is cut off."""
    ended = False
    for line in lines:
        told = json.loads(line)
        if isinstance(told, str):
            yield bytes.fromhex(told)
        else:
            ended = True
    if not ended:
        raise Unreachable("the snapshot was cut off")


def _lsn(text: str) -> Lsn:
    segment, _, offset = text.partition(":")
    return Lsn(int(segment), int(offset))


def _pause(failures: int) -> float:
    return _PAUSES[min(failures, len(_PAUSES)) - 1]
