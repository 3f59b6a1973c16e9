"""Replication: the lease to write, frames and snapshots for followers, and what they acknowledge. For operators."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from server.problems import Problem
from server.request import Request
from server.routing import Parameter, Route
from server.store import replication_envelopes as e
from server.store.bodies import StoreBodies, needed, param, require, whole
from server.store.gate import Visit, lsn_json
from server.store.threads import Threads
from substrate import json, names
from substrate.counts import FRAMES_SENT
from substrate.errors import Conflict, NotFound, described, shown
from substrate.interface import Lsn, Namespace, Store
from substrate.interface.replication import Window
from substrate.log import lsn_at, place
from substrate.replication.leases import DATABASE, MIGRATIONS, Followers, Lease, Leases
from substrate.replication.standing import Standings

AT_ONCE = 200
"""Frames that are read from the log together."""
LONGEST_WAIT = 30
FIRST_LOOK, LAST_LOOK = 0.002, 0.025
"""How soon a waiting follower's log is looked at again: less often, the longer nothing has come."""
_CRC = re.compile(r"[0-9a-f]{8}")


class Replication:
    """The works of the routes below /v1/replication. `standings`: what this server is; `node_id`: its name."""

    def __init__(
        self, store: Store, bodies: StoreBodies, threads: Threads, standings: Standings, node_id: str | None
    ) -> None:
        database = store.control(DATABASE, MIGRATIONS)
        self._store = store
        self._bodies = bodies
        self._threads = threads
        self._leases = Leases(database)
        self._followers = Followers(database)
        self._standings = standings
        self._node_id = node_id
        self._ending = asyncio.Event()

    # the lease

    async def lease(self, visit: Visit) -> None:
        """The lease as it is held; null where it is free."""
        visit.answer(json.dumps(_lease(await self._threads.run(self._leases.held, time.time()))))

    async def take(self, visit: Visit) -> None:
        """Takes the lease, or renews it."""
        _, asked = await self._bodies.object(visit.req)
        require(asked, e.LeaseWanted)
        holder = _name(asked["holder"], "holder")
        seconds = _number(asked.get("ttl_secs", 30), "ttl_secs", 1, 3_600)
        least = _number(asked.get("least_epoch", 0), "least_epoch", 0, 2**53)
        visit.answer(
            json.dumps(_lease(await self._threads.run(self._leases.take, holder, seconds, time.time(), least)))
        )

    async def release(self, visit: Visit) -> None:
        """Gives the lease back."""
        holder = _name(needed(visit.req, "holder"), "holder")
        released = await self._threads.run(self._leases.release, holder, time.time())
        visit.answer(json.dumps({"released": released}))

    # the log

    async def frames(self, visit: Visit) -> None:
        """Frames of one tenant's log, or of all logs one after the other."""
        begin = _begin(visit.req)
        limit = whole(visit.req, "limit", 0, 1, 1_000_000) or None
        seconds = whole(visit.req, "wait", 0, 0, LONGEST_WAIT)
        await self._check_epoch(visit.req)
        tenant = param(visit.req, "tenant")
        if tenant is None:
            found = await self._threads.run(self._of_all, begin, limit)
        else:
            namespace = self._named(tenant)
            found = [(namespace, await self._awaited(namespace, begin, limit, seconds))]
        self._check_crc(visit.req, found)
        last = found[-1][1] if found else None
        if last and tenant is not None:
            visit.resp.set_header("X-OC-Next-LSN", f"{last.end.segment}:{last.end.offset}")
            visit.resp.set_header("X-OC-Log-End", f"{last.log_end.segment}:{last.log_end.offset}")
        visit.resp.set_header("X-OC-Epoch", str(await self._threads.run(self._epoch)))
        visit.resp.content_type = "application/json"
        if visit.req.method != "HEAD":
            visit.resp.stream = self._sent(found, limit)

    async def snapshot(self, visit: Visit) -> None:
        """Frames that make a tenant anew, and where its log goes on then."""
        namespace = self._named(needed(visit.req, "tenant"))
        visit.resp.content_type = "application/x-ndjson"
        if visit.req.method != "HEAD":
            visit.resp.stream = self._dumped(namespace.name, namespace.dump(whole=False))

    async def acknowledge(self, visit: Visit) -> None:
        """Notes that a follower has every frame of a tenant before a place."""
        _, asked = await self._bodies.object(visit.req)
        require(asked, e.Ack)
        follower, tenant, lsn = _name(asked["follower"], "follower"), _name(asked["tenant"], "tenant"), asked["lsn"]
        if not (isinstance(lsn, dict) and all(_is_number(lsn.get(each), 2**31) for each in ("segment", "offset"))):
            raise Problem(400, "`lsn`: expected an object with `segment` and `offset`", detail={"field": "lsn"})
        self._named(tenant)
        at = Lsn(lsn["segment"], lsn["offset"])
        await self._threads.run(self._followers.acknowledge, follower, tenant, at, time.time())
        visit.answer(b'{"ok":true}')

    async def status(self, visit: Visit) -> None:
        """What this server is, how far its followers have come, and of a follower how it stands."""
        visit.answer(json.dumps(await self._threads.run(self._status)))

    def end(self) -> None:
        """Ends the waiting of followers in this process; they come back."""
        self._ending.set()

    # inside

    def _named(self, tenant: str) -> Namespace:
        name = names.tenant(tenant)
        if not self._store.exists(name):
            raise NotFound(f"there is no tenant {shown(name)}")
        return self._store.namespace(name)

    def _epoch(self) -> int:
        """The epoch in force here: that of the lease, of which a node may have another table than this server's."""
        return max(self._leases.epoch(), self._standings.now().epoch)

    async def _check_epoch(self, req: Request) -> None:
        given = param(req, "epoch")
        if given is None:
            return
        asked, epoch = whole(req, "epoch", 0, 0, 2**53), await self._threads.run(self._epoch)
        if asked != epoch:
            raise Conflict(f"the epoch is {epoch}, not {asked}", epoch=epoch)

    def _check_crc(self, req: Request, found: Sequence[tuple[Namespace, Window]]) -> None:
        """Refuses a follower whose last frame is another one than that which stands here."""
        crc = param(req, "crc")
        if crc is None:
            return
        if not _CRC.fullmatch(crc):
            raise Problem(400, "`crc`: expected the checksum of a frame, 8 hexadecimal digits")
        for _, window in found:
            if window.crc is not None and window.crc != crc:
                raise Conflict("the frame before this place is another one here: the logs have parted", diverged=True)

    def _of_all(self, begin: Lsn, limit: int | None) -> list[tuple[Namespace, Window]]:
        found, left = [], limit
        for name in self._store.names():
            namespace = self._store.namespace(name)
            window = namespace.window(begin, left)
            found.append((namespace, window))
        return found

    async def _awaited(self, namespace: Namespace, begin: Lsn, limit: int | None, seconds: float) -> Window:
        """What is there from a place on; where there is nothing, what comes within some seconds."""
        ends, pause = time.monotonic() + seconds, FIRST_LOOK
        while True:
            window = await self._threads.quick(namespace.window, begin, limit)
            if window.end > window.begin or time.monotonic() >= ends or self._ending.is_set():
                return window
            while await self._threads.quick(namespace.lsn) == window.log_end:
                if time.monotonic() >= ends or self._ending.is_set():
                    break
                await asyncio.sleep(pause)
                pause = min(LAST_LOOK, pause * 1.05)

    async def _sent(self, found: Sequence[tuple[Namespace, Window]], limit: int | None) -> AsyncIterator[bytes]:
        """The array, as it is read."""
        sent, before = 0, b"["
        for namespace, window in found:
            begin = window.begin
            while begin < window.end and (limit is None or sent < limit):
                some = AT_ONCE if limit is None else min(AT_ONCE, limit - sent)
                frames = await self._threads.run(namespace.frames_between, begin, window.end, some)
                if not frames:
                    break
                hexed = b",".join(b'"%b"' % frame.hex().encode() for _, frame in frames)
                yield before + hexed
                before, sent = b",", sent + len(frames)
                FRAMES_SENT.add(len(frames))
                begin = lsn_at(place(frames[-1][0]) + 1)
        yield b"[]" if before == b"[" else b"]"

    async def _dumped(self, tenant: str, dump: Iterator[bytes]) -> AsyncIterator[bytes]:
        last = b""
        try:
            while some := await self._threads.run(lambda: list(islice(dump, 20))):
                last = some[-1]
                yield b"".join(b'"%b"\n' % frame.hex().encode() for frame in some)
        finally:
            await asyncio.shield(self._threads.run(dump.close))  # type: ignore[attr-defined] # it is a generator
        told = json.loads(last)
        yield json.dumps({"tenant": tenant, "lsn": told["lsn"], "epoch": told["epoch"]}) + b"\n"

    def _status(self) -> dict[str, Any]:
        standing = self._standings.now()
        ends = {name: self._store.namespace(name).lsn() for name in self._store.names()}
        told: dict[str, Any] = {
            "node_id": self._node_id, "role": standing.role, "epoch": self._epoch(), "leader": standing.leader or None,
            "tenants": [{"tenant": name, "lsn": lsn_json(end)} for name, end in ends.items()],
            "followers": [
                {
                    "follower": each.follower, "tenant": each.tenant, "lsn": lsn_json(each.lsn),
                    "behind_bytes": _behind(ends[each.tenant], each.lsn), "at_secs": int(each.at),
                }
                for each in self._followers.acknowledged() if each.tenant in ends
            ],
        }  # fmt: skip
        if standing.role == "follower":
            told["following"] = [
                {
                    "tenant": each.tenant, "state": each.state, "reason": each.reason,
                    "behind_bytes": _behind(each.leader_lsn, ends.get(each.tenant, Lsn(0, 0))), "at_secs": int(each.at),
                }
                for each in self._followers.followed()
            ]  # fmt: skip
            told["carried"] = ["tables", "rows", "vectors", "texts", "migrations", "idempotency keys"]
            told["not_carried"] = ["jobs and executions", "timers", "cache", "files", "accounts", "tokens"]
        return told


def _behind(end: Lsn, at: Lsn) -> int:
    """About how many bytes of a log lie between two places: exact within one segment."""
    from substrate.log import SEGMENT_BYTES

    return max(0, (end.segment - at.segment) * SEGMENT_BYTES + end.offset - at.offset)


def _lease(held: Lease | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {"epoch": held.epoch, "holder": held.holder, "expires_at_secs": int(held.expires_at), "etag": held.etag}


def _begin(req: Request) -> Lsn:
    """The place from which frames are wanted."""
    segment = whole(req, "since_segment", 0, 0, 2**31)
    if param(req, "since_offset") is None:
        return Lsn(segment, 0)
    return lsn_at(place(Lsn(segment, whole(req, "since_offset", 0, 0, 2**31))) + 1)


def _name(value: Any, field: str) -> str:
    if not (isinstance(value, str) and 1 <= len(value) <= 128 and value.isprintable()):
        message = f"`{field}`: expected 1 to 128 printable characters, found {described(value)}"
        raise Problem(400, message, detail={"field": field})
    return value


def _number(value: Any, field: str, least: int, most: int) -> int:
    if not _is_number(value, most) or value < least:
        message = f"`{field}`: expected a whole number from {least} to {most}, found {described(value)}"
        raise Problem(400, message, detail={"field": field})
    return int(value)


def _is_number(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


_FRAMES = (
    Parameter("tenant", "query", "the tenant; default: all, one after the other"),
    Parameter("since_segment", "query", "the segment from which frames are wanted, default 0"),
    Parameter("since_offset", "query", "in that segment, frames that begin behind this offset"),
    Parameter("limit", "query", "how many frames at most"),
    Parameter("wait", "query", "seconds to wait for a frame where there is none, 0 to 30"),
    Parameter("epoch", "query", "the epoch that is expected"),
    Parameter("crc", "query", "the checksum of the frame before, which has to be the same here"),
)


def replication_routes(replication: Replication, on: Callable[..., Route], scope: str) -> Sequence[Route]:
    """The routes of replication. None of them counts against the rates of its bearer."""
    lease, body = "/v1/replication/lease", (408, 413, 415)
    tenant = Parameter("tenant", "query", "the tenant")
    holder = Parameter("holder", "query", "who holds it")
    return (
        on("GET", lease, scope, replication.lease, "The lease to write", [e.LeaseHeld], counted=False),
        on("POST", lease, scope, replication.take, "Take or renew the lease", [e.LeaseTaken], (400, 409, *body),
           e.LeaseWanted, counted=False),
        on("DELETE", lease, scope, replication.release, "Give the lease back", [e.LeaseReleased], (400, 409), None,
           [holder], counted=False),
        on("GET", "/v1/replication/frames", scope, replication.frames, "Frames of change logs", [e.Frames],
           (400, 404, 409), None, _FRAMES, counted=False),
        on("GET", "/v1/replication/snapshot", scope, replication.snapshot, "A tenant as frames", "application/x-ndjson",
           (400, 404), None, [tenant], counted=False),
        on("POST", "/v1/replication/ack", scope, replication.acknowledge, "Say what a follower has", [e.AckTaken],
           (400, 404, *body), e.Ack, counted=False),
        on("GET", "/v1/replication/status", scope, replication.status, "How replication stands", [e.ReplicationStatus],
           counted=False),
    )  # fmt: skip
