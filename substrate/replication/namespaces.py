"""The part of a namespace that is about replication; see `substrate.interface.replication`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import TYPE_CHECKING, Any

from substrate import layout, log
from substrate.catalog import Catalog
from substrate.engine import Connection
from substrate.errors import Conflict, StoreError, Unavailable
from substrate.interface import Lsn
from substrate.interface.replication import Window
from substrate.reading import ReadingHere
from substrate.replication.verified import Verified, crc_of, damaged, verified

if TYPE_CHECKING:
    from substrate.surroundings import Surroundings


class ReplicatedNamespace:
    """What followers ask of a namespace, and what a follower does with its own."""

    _around: "Surroundings"

    if TYPE_CHECKING:

        def snapshot(self) -> AbstractContextManager[ReadingHere]: ...
        def make(self) -> bool: ...
        def _framed(self, durable: bool) -> AbstractContextManager[object]: ...
        def _current(self, connection: Connection) -> Catalog: ...

    def window(self, begin: Lsn, limit: int | None) -> Window:
        """See the protocol."""
        with self._around.engine.reading() as connection:
            end, epoch = log.position(connection)
            if begin >= end:
                return Window(begin, begin, end, epoch, _crc_before(connection, begin) if begin == end else None)
            _reaches(connection, begin, end)
            beyond: list[Any] = (
                []
                if limit is None
                else connection.execute(
                    "SELECT place FROM _oc_log WHERE place >= ? ORDER BY place LIMIT 1 OFFSET ?",
                    (log.place(begin), limit),
                )
            )
            stop = log.lsn_at(beyond[0][0]) if beyond else end
            return Window(begin, stop, end, epoch, _crc_before(connection, begin))

    def frames_between(self, begin: Lsn, end: Lsn, limit: int) -> list[tuple[Lsn, bytes]]:
        """See the protocol."""
        with self._around.engine.reading() as connection:
            _reaches(connection, begin, end)
            found: list[Any] = connection.execute(
                "SELECT place, frame FROM _oc_log WHERE place >= ? AND place < ? ORDER BY place LIMIT ?",
                (log.place(begin), log.place(end), limit),
            )
            return [(log.lsn_at(number), bytes(frame)) for number, frame in found]

    def dump(self, *, whole: bool) -> Iterator[bytes]:
        """See the protocol."""
        from substrate.replication import dumping

        with self.snapshot() as reading:
            yield from dumping.frames(reading, whole=whole)

    def load(self, frames: Iterable[bytes], *, whole: bool) -> Lsn:
        """See the protocol."""
        from substrate.replication.loading import Loading

        each = iter(frames)
        first = next(each, b"")
        self._make_for(_system_of(first) if whole else None)
        with self._around.engine.writing() as connection:
            lsn = Loading(self._around, connection, whole=whole).take(chain([first], each))
        self._around.shared.on_change(self._around.name)
        return lsn

    def apply(self, frames: Sequence[bytes], epoch: int) -> Lsn:
        """See the protocol."""
        self._make_for(None)
        with self._around.engine.writing() as connection:
            end, known = log.position(connection)
            catalog = self._current(connection)
            done: list[log.Pending] = []
            for raw in frames:
                frame = verified(raw)
                _fits(frame, self._around.name, end, known, epoch)
                catalog = self._done_again(connection, catalog, frame)
                done.append((end, frame.at_secs, raw))
                end, known = log.behind(end, len(raw)), frame.epoch
            log.append(connection, done)
            connection.execute("UPDATE _oc_meta SET epoch = ?", (known,))
            if done and end.segment != done[0][0].segment:
                log.trim(connection, self._around.now(), end)
        self._around.shared.on_change(self._around.name)
        return end

    def raise_epoch(self) -> None:
        """See the protocol. Raises NotFound; unlike `write` it does not make a namespace that is gone."""
        with self._framed(durable=True):
            pass

    def _done_again(self, connection: Connection, catalog: Catalog, frame: Verified) -> Catalog:
        from substrate.replication.applying import apply
        from substrate.replication.replayed import Replayed

        here = Replayed(self._around, connection, catalog, frame.lsn, (), frame.epoch)
        try:
            apply(here, frame.ops, frame.at_secs)
        except Conflict as error:
            if error.detail.get("damaged"):
                raise
            raise damaged(f"what it says cannot be done here: {error.message}", lsn=list(frame.lsn)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise damaged("an operation lacks something", lsn=list(frame.lsn)) from error
        except StoreError as error:
            if error.code in ("server_error", "cancelled"):
                raise
            raise damaged(f"what it says cannot be done here: {error.message}", lsn=list(frame.lsn)) from error
        return here.catalog

    def _make_for(self, system: int | None) -> None:
        """Makes the namespace where it is not there. `system`: after so many migrations of its system tables.

        Raises Unavailable: there are more than this program knows.
        """
        engine, scripts = self._around.engine, self._around.shared.system
        if system is not None and system > len(scripts):
            raise Unavailable("the namespace was written by a newer version of this program")
        if not engine.exists():
            engine.create(layout.script(engine.dialect, scripts[:system]))


def _system_of(first: bytes) -> int:
    """How many migrations the system tables of a dump have behind them."""
    try:
        return int(verified(first).ops[0]["meta"]["system"])
    except (IndexError, KeyError, TypeError):
        raise damaged("a dump does not begin") from None


def _crc_before(connection: Connection, place: Lsn) -> str | None:
    """The checksum of the last frame before a place, where the log still has it."""
    found: list[Any] = connection.execute(
        "SELECT frame FROM _oc_log WHERE place < ? ORDER BY place DESC LIMIT 1", (log.place(place),)
    )
    return crc_of(bytes(found[0][0])) if found else None


def _reaches(connection: Connection, begin: Lsn, end: Lsn) -> None:
    """Raises Conflict where the log has lost frames from this place on."""
    first: Any = connection.execute("SELECT min(place) FROM _oc_log")[0][0]
    oldest = end if first is None else log.lsn_at(first)
    if begin < oldest:
        shown = {"segment": oldest.segment, "offset": oldest.offset}
        raise Conflict("the change log does not reach back that far", oldest=shown)


def _fits(frame: Verified, name: str, end: Lsn, known: int, epoch: int) -> None:
    """Raises Conflict unless a frame is the next one of this namespace."""
    if frame.tenant != name:
        raise damaged("a frame is of another tenant")
    if frame.lsn != end:
        raise damaged(f"a frame stands at {frame.lsn.segment}:{frame.lsn.offset}, expected {end.segment}:{end.offset}")
    if frame.epoch < known or frame.epoch > epoch:
        raise damaged(f"a frame has the epoch {frame.epoch}, expected {known} to {epoch}")
