"""Whether this server is among those that replicate as it should be: with the lease, or close behind its leader."""

import time
from pathlib import Path

from substrate.errors import Fenced, NotFound
from substrate.interface import Lsn, Store
from substrate.replication.leases import DATABASE, MIGRATIONS, Followers, Leases
from substrate.replication.standing import Standings

LAG_SECONDS = 10.0
"""A follower that has not heard of its leader for so long lags."""
LAG_BYTES = 2**20
"""So does one that lacks more than this of a tenant's log."""


class Replicas:
    """What /ready tells about replication."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._standings = Standings(folder)

    def holder(self) -> str | None:
        """Who holds the lease to write, as far as this server knows."""
        standing = self._standings.now()
        if standing.role == "leader":
            return standing.leader or None
        lease = Leases(self._store.control(DATABASE, MIGRATIONS)).held(time.time())
        return lease.holder if lease else None

    def missing(self) -> str:
        """Why this server is not ready; empty where it is."""
        role = self._standings.now().role
        if role == "follower":
            return self._lag()
        try:
            self._standings.allowed()
        except Fenced as fenced:
            return fenced.message
        return ""

    def _lag(self) -> str:
        found = Followers(self._store.control(DATABASE, MIGRATIONS)).followed()
        for each in found:
            if each.state == "stopped":
                return "a tenant is followed no longer"
            if _behind(each.leader_lsn, self._end(each.tenant)) > LAG_BYTES:
                return "this follower lags"
        latest = max((each.at for each in found), default=0.0)
        return "this follower lags" if found and time.time() - latest > LAG_SECONDS + 20 else ""

    def _end(self, tenant: str) -> Lsn:
        try:
            return self._store.namespace(tenant).lsn()
        except NotFound:
            return Lsn(0, 0)


def _behind(end: Lsn, at: Lsn) -> int:
    from substrate.log import SEGMENT_BYTES

    return (end.segment - at.segment) * SEGMENT_BYTES + end.offset - at.offset
