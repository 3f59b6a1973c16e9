"""Watches: programs that run when something happens, and how far each has seen what happened.

    fs:/root/in      create modify delete     files and folders that programs of the namespace change there
    table:shop.jobs  insert update delete     rows, by the change log of the store
    stream:orders    message                  what STREAM sends to a channel

What happens to files and what is sent waits in the table `message`, under the channel "fs" or the source of the watch
itself. It is kept while some watch has yet to see it, at most `KEPT_SECONDS` and the newest `KEPT_MESSAGES`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from oql import exact
from oql.errors import Code, OqlError, expected, failed, unknown
from oql.schedules import moment
from oql.values import Value
from substrate.interface import Frame, Lsn, Row, SystemTables

EVENTS = {
    "fs": ("create", "modify", "delete"),
    "table": ("insert", "update", "delete"),
    "stream": ("message",),
}
"""The kinds of sources, and what can happen to each."""

FILES = "fs"
"""The channel of what happens to files."""
MOST_WATCHES = 100
"""Watches that one namespace may have."""
KEPT_MESSAGES = 100_000
KEPT_SECONDS = 7 * 86_400
MOST_MESSAGE_BYTES = 64 * 2**10
"""Bytes of one message, as JSON."""

_LONGEST_SOURCE = 500
_TRIMMED_EVERY = 16
_EXAMPLES = {"fs": "fs:/root/in", "table": "table:shop.orders", "stream": "stream:orders"}
_TABLE = re.compile(r"[^.]+\.[^.]+")


@dataclass(frozen=True, slots=True)
class Source:
    """What is watched: its kind, and the folder, table or channel."""

    kind: str
    name: str

    @property
    def text(self) -> str:
        """The source as programs write it."""
        return f"{self.kind}:{self.name}"

    @property
    def channel(self) -> str:
        """The channel of the messages that the watch sees; that of a table has none."""
        return FILES if self.kind == "fs" else self.text


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a watch has seen: all before this. In the log: segment, offset, operation of the frame that begins there.

    Of messages: `place` is the number of the last one that was seen.
    """

    segment: int
    place: int
    passed: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        """What compares as the places do."""
        return self.segment, self.place, self.passed


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch as it is kept."""

    source: Source
    events: tuple[str, ...]
    program: str
    created: float
    seen: Seen


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was sent to a channel."""

    number: int
    value: Any
    at: float


# what programs write


def read_source(text: str) -> Source:
    """The source that a text names, in the one form in which it is kept. Raises CastFailed."""
    kind, colon, name = text.partition(":")
    if not colon or len(text) > _LONGEST_SOURCE:
        raise _no_source(text)
    if kind not in EVENTS:
        raise unknown(Code.CAST_FAILED, "a kind of source", kind, EVENTS, hint=_sources())
    if kind == "fs":
        return Source(kind, _folder(text, name))
    if (kind == "table" and not _TABLE.fullmatch(name)) or not name.strip():
        raise _no_source(text)
    return Source(kind, name)


def read_events(source: Source, text: str) -> tuple[str, ...]:
    """The events that a text such as "create|modify" names, in the order of `EVENTS`. Raises CastFailed."""
    possible = EVENTS[source.kind]
    named = [part.strip() for part in text.split("|")]
    for name in named:
        if name not in possible:
            hint = f'write ON "{"|".join(possible)}" or some of these'
            raise unknown(Code.CAST_FAILED, f"an event of `{source.kind}:`", name, possible, hint=hint)
    return tuple(event for event in possible if event in named)


def normal_path(path: str) -> str:
    """A path of a file or folder in the one form in which paths are compared."""
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def concerns(folder: str, path: str) -> bool:
    """Whether what happens at a path concerns a folder: it is in it, or the folder itself, or around it."""
    return folder == path or path.startswith(f"{folder}/") or folder.startswith(f"{path}/")


def _folder(text: str, path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not path.startswith("/") or parts[:1] != ["root"] or ".." in parts or "\0" in path:
        raise _no_source(text)
    return normal_path(path)


def _no_source(text: str) -> OqlError:
    found = f"`{text}`" if len(text) <= _LONGEST_SOURCE else "one that is too long"
    return expected(Code.CAST_FAILED, "a source to watch", found, hint=_sources())


def _sources() -> str:
    return "write " + " or ".join(f'"{example}"' for example in _EXAMPLES.values())


# rows

_SELECT = "SELECT source, events, program, created, segment, place, passed FROM watch ORDER BY source"
_DEFINE = """
    INSERT INTO watch (source, events, program, created, segment, place, passed) VALUES (?, ?, ?, ?, ?, ?, 0)
    ON CONFLICT (source) DO UPDATE SET events = excluded.events, program = excluded.program
"""
_MOVE = """
    UPDATE watch SET segment = ?, place = ?, passed = ?
    WHERE source = ? AND events = ? AND program = ? AND created = ? AND segment = ? AND place = ? AND passed = ?
    RETURNING source
"""


def define(frame: Frame, source: Source, events: tuple[str, ...], program: str, now: float) -> None:
    """Keeps a watch, which sees what happens from here on. One of the source is replaced, and goes on where that was.

    Raises QuotaExceeded: more watches than a namespace may have.
    """
    [(others,)] = frame.system("SELECT count(*) FROM watch WHERE source <> ?", source.text)
    if cast(int, others) >= MOST_WATCHES:
        hint = "delete some with DELETE WATCH"
        raise failed(Code.QUOTA_EXCEEDED, f"there are {MOST_WATCHES:,} watches already", hint)
    here = frame.lsn if source.kind == "table" else Lsn(0, _newest(frame, source.channel))
    frame.system(_DEFINE, source.text, "|".join(events), program, now, *here)


def delete(frame: Frame, source: Source) -> bool:
    """Deletes a watch, and what only it had yet to see; False where there is none."""
    gone = frame.system("DELETE FROM watch WHERE source = ? RETURNING source", source.text)
    forget_seen(frame, source.channel)
    return bool(gone)


def listed(reading: SystemTables) -> list[Watch]:
    """All watches, by their sources. Raises NotFound where the namespace was never written to."""
    return [_watch(row) for row in reading.system(_SELECT)]


def moved(frame: Frame, watch: Watch, seen: Seen) -> bool:
    """Notes how far a watch has seen now; False where it is no longer as it was read."""
    before = (watch.source.text, "|".join(watch.events), watch.program, watch.created, *watch.seen.order)
    return bool(frame.system(_MOVE, *seen.order, *before))


# messages

_SEND = "INSERT INTO message (channel, number, value, at) VALUES (?, ?, ?, ?)"
_SLOWEST = "SELECT min(place) FROM watch WHERE source = ? OR (? = 1 AND source LIKE 'fs:%')"
_FASTEST = "SELECT max(place) FROM watch WHERE source = ? OR (? = 1 AND source LIKE 'fs:%')"
_TRIM = """
    DELETE FROM message WHERE channel = ? AND at < ?
    AND number IN (SELECT number FROM message WHERE channel = ? ORDER BY number LIMIT ?)
"""


def send(frame: Frame, source: Source, value: Value, now: float) -> bool:
    """Leaves a message for the watches of a stream; False where there is none, so that nobody would see it.

    Raises QuotaExceeded: the value is too large.
    """
    text = exact.written(value)
    if len(text) > MOST_MESSAGE_BYTES:
        message = f"a message of {len(text):,} bytes is more than a stream takes, {MOST_MESSAGE_BYTES:,}"
        raise failed(Code.QUOTA_EXCEEDED, message, "keep the value in a table or file, and send where it is")
    if not frame.system("SELECT 1 FROM watch WHERE source = ?", source.text):
        return False
    _add(frame, source.channel, [text], now)
    return True


def tell(frame: Frame, events: Iterable[tuple[str, str]], now: float) -> None:
    """Leaves what has happened to files, each as type and path, for the watches of folders; these have to be there."""
    _add(frame, FILES, [exact.written({"type": kind, "path": path}) for kind, path in events], now)


def messages(reading: SystemTables, channel: str, after: int, most: int) -> list[Message]:
    """The messages of a channel behind a number, in order."""
    statement = "SELECT number, value, at FROM message WHERE channel = ? AND number > ? ORDER BY number LIMIT ?"
    found: list[Any] = reading.system(statement, channel, after, most)
    return [Message(number, exact.read(value), at) for number, value, at in found]


def forget_seen(frame: Frame, channel: str) -> None:
    """Deletes the messages of a channel that no watch has yet to see."""
    [(place,)] = frame.system(_SLOWEST, *_its(channel))
    if place is None:
        frame.system("DELETE FROM message WHERE channel = ?", channel)
    else:
        frame.system("DELETE FROM message WHERE channel = ? AND number <= ?", channel, place)


def _add(frame: Frame, channel: str, values: list[str], now: float) -> None:
    newest = _newest(frame, channel)
    for number, value in enumerate(values, newest + 1):
        frame.system(
            "INSERT INTO message (channel, number, value, at) VALUES (?, ?, ?, ?)", channel, number, value, now
        )
        if number % _TRIMMED_EVERY == 0:
            _trim(frame, channel, number, now)


def _newest(frame: Frame, channel: str) -> int:
    """The number of the newest message of a channel, also where all were seen and are gone."""
    [(sent,)] = frame.system("SELECT max(number) FROM message WHERE channel = ?", channel)
    [(seen,)] = frame.system(_FASTEST, *_its(channel))
    return max(cast(int, sent or 0), cast(int, seen or 0))


def _trim(frame: Frame, channel: str, newest: int, now: float) -> None:
    """Deletes what is kept no longer. It looks at a few of the oldest, more than came since it last looked."""
    frame.system("DELETE FROM message WHERE channel = ? AND number <= ?", channel, newest - KEPT_MESSAGES)
    frame.system(_TRIM, channel, now - KEPT_SECONDS, channel, 4 * _TRIMMED_EVERY)


def _its(channel: str) -> tuple[str, int]:
    return channel, int(channel == FILES)


def described(watch: Watch) -> dict[str, Value]:
    """A watch as programs see it."""
    return {
        "source": watch.source.text,
        "events": list(watch.events),
        "created": moment(watch.created),
        "program": watch.program,
    }


def _watch(row: Row) -> Watch:
    source, events, program, created, *seen = cast(Any, row)
    kind, _, name = source.partition(":")
    return Watch(Source(kind, name), tuple(events.split("|")), program, created, Seen(*seen))
