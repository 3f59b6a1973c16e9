"""The lease to write, and what followers have acknowledged: tables of a control database.

Whoever takes the lease when it is free or has run out adds one to the epoch; who holds it renews it under the same
one. Times are Unix seconds of the machine that keeps the table.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from substrate.errors import Conflict
from substrate.interface import ControlDatabase, Lsn
from substrate.log import lsn_at, place

DATABASE = "replication"
MIGRATIONS = (
    """
    CREATE TABLE lease (
        one BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, holder TEXT, expires_at DOUBLE PRECISION NOT NULL,
        etag TEXT NOT NULL);
    INSERT INTO lease (one, epoch, holder, expires_at, etag) VALUES (1, 0, NULL, 0, '');
    CREATE TABLE follower (
        name TEXT NOT NULL, tenant TEXT NOT NULL, place BIGINT NOT NULL, at DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (name, tenant));
    CREATE TABLE following (
        tenant TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, leader_place BIGINT NOT NULL,
        at DOUBLE PRECISION NOT NULL);
    """,
)


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease as it is held. `expires_at`: Unix seconds."""

    epoch: int
    holder: str
    expires_at: float
    etag: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """How far a follower has come with a tenant, and when (Unix seconds) it said so: it has all frames before."""

    follower: str
    tenant: str
    lsn: Lsn
    at: float


@dataclass(frozen=True, slots=True)
class Followed:
    """How a follower stands with a tenant: "following" or "stopped". `leader_lsn`: where its leader's log ends."""

    tenant: str
    state: str
    reason: str
    leader_lsn: Lsn
    at: float


class Leases:
    """The lease of one control database."""

    def __init__(self, database: ControlDatabase) -> None:
        self._database = database

    def epoch(self) -> int:
        """The epoch of the last lease; 0 where there was none."""
        found: list[Any] = self._database.read("SELECT epoch FROM lease")
        return int(found[0][0])

    def held(self, now: float) -> Lease | None:
        """The lease, unless it is free or has run out."""
        return _live(self._database.read("SELECT epoch, holder, expires_at, etag FROM lease"), now)

    def take(self, holder: str, seconds: float, now: float, least: int = 0) -> Lease:
        """Takes the lease, or renews it. Its epoch is greater than `least`. Raises Conflict: another one holds it."""
        with self._database.write() as transaction:
            found: list[Any] = transaction.execute("SELECT epoch, holder, expires_at, etag FROM lease")
            live = _live(found, now)
            if live and live.holder != holder:
                raise Conflict(
                    f"the lease is held by `{live.holder[:100]}`", holder=live.holder, epoch=live.epoch,
                    expires_at_secs=int(live.expires_at),
                ).retryable()  # fmt: skip
            renews = live is not None and live.epoch > least
            epoch = found[0][0] if renews else max(found[0][0], least) + 1
            ends = max(live.expires_at, now + seconds) if live else now + seconds
            lease = Lease(epoch, holder, ends, secrets.token_hex(8))
            transaction.execute(
                "UPDATE lease SET epoch = ?, holder = ?, expires_at = ?, etag = ?", epoch, holder, ends, lease.etag
            )
            return lease

    def release(self, holder: str, now: float) -> bool:
        """Gives the lease back; False where it is free. Raises Conflict: another one holds it."""
        with self._database.write() as transaction:
            live = _live(transaction.execute("SELECT epoch, holder, expires_at, etag FROM lease"), now)
            if live is None:
                return False
            if live.holder != holder:
                raise Conflict(f"the lease is held by `{live.holder[:100]}`", holder=live.holder)
            transaction.execute("UPDATE lease SET holder = NULL, expires_at = 0")
            return True

    def seen(self, epoch: int) -> None:
        """Notes an epoch of another table: later leases have greater ones."""
        if self.epoch() < epoch:
            with self._database.write() as transaction:
                transaction.execute("UPDATE lease SET epoch = ? WHERE epoch < ?", epoch, epoch)


class Followers:
    """What followers have acknowledged, and how a follower itself stands."""

    def __init__(self, database: ControlDatabase) -> None:
        self.database = database

    def acknowledge(self, follower: str, tenant: str, lsn: Lsn, now: float) -> None:
        """Notes that a follower has all frames of a tenant before a place."""
        with self.database.write() as transaction:
            transaction.execute(
                "INSERT INTO follower (name, tenant, place, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name, tenant) DO UPDATE SET place = excluded.place, at = excluded.at",
                follower, tenant, place(lsn), now,
            )  # fmt: skip

    def acknowledged(self) -> list[Acknowledged]:
        """All that was acknowledged."""
        found: list[Any] = self.database.read("SELECT name, tenant, place, at FROM follower ORDER BY name, tenant")
        return [Acknowledged(name, tenant, lsn_at(number), at) for name, tenant, number, at in found]

    def places(self, tenant: str) -> dict[str, int]:
        """How far each follower has come with a tenant, as `substrate.log.place` has it."""
        found: list[Any] = self.database.read("SELECT name, place FROM follower WHERE tenant = ?", tenant)
        return dict(found)

    def note(self, followed: Followed) -> None:
        """Of a follower: notes how it stands with a tenant."""
        with self.database.write() as transaction:
            transaction.execute(
                "INSERT INTO following (tenant, state, reason, leader_place, at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (tenant) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
                " leader_place = excluded.leader_place, at = excluded.at",
                followed.tenant, followed.state, followed.reason, place(followed.leader_lsn), followed.at,
            )  # fmt: skip

    def followed(self) -> list[Followed]:
        """Of a follower: how it stands with each tenant."""
        found: list[Any] = self.database.read(
            "SELECT tenant, state, reason, leader_place, at FROM following ORDER BY tenant"
        )
        return [Followed(tenant, state, reason, lsn_at(number), at) for tenant, state, reason, number, at in found]


def _live(found: list[Any], now: float) -> Lease | None:
    epoch, holder, expires_at, etag = found[0]
    return Lease(epoch, holder, expires_at, etag) if holder is not None and expires_at > now else None
