"""What a namespace gives to those who follow it, and how a follower takes it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from substrate.interface import Lsn


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a log. `begin`: where its first frame stands; `end`: where the one behind its last will.

    `log_end`: where the log ends; `epoch`: that of the namespace; `crc`: the checksum of the frame before it, where
    that is kept.
    """

    begin: "Lsn"
    end: "Lsn"
    log_end: "Lsn"
    epoch: int
    crc: str | None


class Replicates(Protocol):
    """The part of a namespace that is about replication. Frames are bytes as the log has them."""

    def window(self, begin: "Lsn", limit: int | None) -> Window:
        """The frames from a place on, at most `limit`; none where it is beyond the end.

        Raises NotFound, Conflict where the log does not reach back to it, with `detail["oldest"]`.
        """

    def frames_between(self, begin: "Lsn", end: "Lsn", limit: int) -> list[tuple["Lsn", bytes]]:
        """At most so many frames that stand at a place or behind it, and before another. Raises Conflict as above."""

    def dump(self, *, whole: bool) -> Iterator[bytes]:
        """Frames that make the namespace anew, as it is at the moment of the call; the last one is its end.

        whole: with system tables, cache and log, as a backup has them. Raises NotFound.
        """

    def load(self, frames: Iterable[bytes], *, whole: bool) -> "Lsn":
        """Makes the namespace what a dump says, in one transaction; what it held before is gone.

        Gives the place at which its log goes on. Raises Conflict: the dump is damaged, or does not end.
        """

    def apply(self, frames: Sequence[bytes], epoch: int) -> "Lsn":
        """Does what frames of a leader's log say, and keeps them in the log; all on disk at the end, or nothing.

        `epoch`: frames of later epochs are refused; so are those of one before the namespace's own, those that are
        damaged, of another namespace, or do not stand where the log ends. Gives the new end. Raises Conflict.
        """

    def raise_epoch(self) -> None:
        """Writes nothing, under the epoch of the lease that this server holds: those before it are fenced then.

        Raises NotFound where the namespace is not there; it is not made.
        """
