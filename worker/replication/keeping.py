"""The lease of a server with a name: taken, renewed, and told to all processes of its folder."""

import contextlib
import time
from dataclasses import dataclass
from typing import Protocol

from substrate.errors import Conflict, NotFound, StoreError
from substrate.interface import DatabaseError, Lsn, Store
from substrate.replication.leases import Lease, Leases
from substrate.replication.standing import Standing, Standings, moment
from worker.replication.asking import Server, Unreachable


class LeaseTable(Protocol):
    """Where the lease is kept."""

    def take(self, holder: str, seconds: float, now: float, least: int = 0) -> Lease:
        """See `substrate.replication.leases.Leases.take`. Raises Unreachable too."""


class ElsewhereLeases:
    """The lease that another server keeps, behind its routes."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def take(self, holder: str, seconds: float, now: float, least: int = 0) -> Lease:
        """See the protocol."""
        wanted = {"holder": holder, "ttl_secs": int(seconds), "least_epoch": least}
        told = self._server.post("/replication/lease", wanted).value
        return Lease(told["epoch"], told["holder"], told["expires_at_secs"], told["etag"])


@dataclass(slots=True)
class Keeper:
    """Keeps the lease for `node_id`. `own`: the table of this server, which knows the epoch too.

    shared: whether other servers write the same store; whoever takes the lease then fences them in every namespace.
    least: epochs up to this one are another's: at first that of what was written here last.
    """

    table: LeaseTable
    own: Leases
    standings: Standings
    store: Store
    node_id: str
    seconds: float
    shared: bool
    epoch: int = 0
    least: int = -1

    def renew(self) -> bool:
        """Takes or renews the lease; False where another server holds it, or its table does not answer."""
        began = moment()
        try:
            if self.least < 0:
                self.least = self._greatest()
            lease = self.table.take(self.node_id, self.seconds, time.time(), self.least)
        except Conflict as held:
            holder = held.detail.get("holder")
            self.standings.say(Standing("leader", self.epoch, 0.0, holder if isinstance(holder, str) else ""))
            return False
        except (DatabaseError, StoreError, Unreachable):
            return False  # what it has runs out by itself
        self.standings.say(Standing("leader", lease.epoch, began + self.seconds, self.node_id))
        if lease.epoch != self.epoch:
            self._begin(lease.epoch)
        return True

    def _begin(self, epoch: int) -> None:
        self.own.seen(epoch)
        if self.shared:
            for name in self.store.names():
                with contextlib.suppress(NotFound):  # deleted meanwhile
                    self.store.namespace(name).raise_epoch()
        self.epoch, self.least = epoch, epoch - 1

    def _greatest(self) -> int:
        """The greatest epoch under which anything was written here."""
        beyond = Lsn(2**30, 0)
        epochs = (self.store.namespace(name).window(beyond, None).epoch for name in self.store.names())
        return max(epochs, default=0)
