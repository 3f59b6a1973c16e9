"""The keys of a table that were written, as the change log tells."""

from dataclasses import dataclass
from typing import Any

from substrate import json, log
from substrate.columns import Json
from substrate.reading import ReadingHere

_FETCHED = 200


@dataclass(frozen=True, slots=True)
class Written:
    """Keys that were written from one place of the log up to another (not at it): each as an array of JSON values.

    `frames`: how many frames the log has there, of whatever tables.
    """

    since: int
    end: int
    keys: dict[str, list[Json]]
    frames: int


def since(reading: ReadingHere, table: str, place: int) -> Written:
    """The keys of a table that were written from a place on, as this snapshot or frame knows them.

    In a frame, what it and the frames before it in the same commit have changed is told too.
    """
    end = log.place(log.position(reading.connection)[0])
    keys: dict[str, list[Json]] = {}
    name, last, frames = b'"schema":%b' % json.dumps(table), place - 1, 0
    while True:
        found: list[Any] = reading.connection.execute(
            "SELECT place, frame FROM _oc_log WHERE place > ? AND place < ? ORDER BY place LIMIT ?",
            (last, end, _FETCHED),
        )
        for last, frame in found:  # noqa: B007 - where the next look begins
            _add(keys, table, name, bytes(frame))
        frames += len(found)
        if len(found) < _FETCHED:
            break
    for _, _, frame in reading.pending:
        _add(keys, table, name, frame)
    for op in reading.ops:
        _note(keys, table, op)
    return Written(place, end, keys, frames)


def _add(keys: dict[str, list[Json]], table: str, name: bytes, frame: bytes) -> None:
    if name in frame:
        for op in json.loads(frame)["ops"]:
            _note(keys, table, op)


def _note(keys: dict[str, list[Json]], table: str, op: log.Op) -> None:
    if op["op"] in ("put", "del") and op["schema"] == table:
        key = op["key"] if isinstance(op["key"], list) else [op["key"]]
        keys[json.dumps(key).decode()] = key
