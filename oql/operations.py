"""Operations: programs that a namespace keeps under names, and the rows that keep them, one for each version."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from oql import verbs
from oql.errors import Code, expected, failed
from oql.program import STEPS, Program
from oql.schedules import moment
from oql.values import Value
from substrate.interface import Frame, Row, SystemTables

MOST_OPERATIONS = 1_000
"""Operations that one namespace may have."""
MOST_VERSIONS = 20
"""Versions that are kept of one operation, the last ones."""
LONGEST_NAME = 200

_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an operation. `created`: Unix seconds."""

    name: str
    version: int
    source: str
    created: float


def check_name(name: str) -> None:
    """Raises TypeFailed for a name that no operation can have."""
    if len(name) <= LONGEST_NAME and _NAME.fullmatch(name):
        return
    found = f'the text "{name}"' if len(name) <= LONGEST_NAME and name.isprintable() else "another text"
    hint = f"it has 1 to {LONGEST_NAME} characters, no line breaks, and no blanks around it"
    raise expected(Code.TYPE_FAILED, "a name of an operation", found, hint=hint)


def step_beyond(program: Program, operations: Collection[str]) -> str | None:
    """The first step of a program that neither only computes nor runs one of these operations by its name, or None."""
    table = verbs.table()
    for item in program.code:
        if item.op == "transaction":
            return str(item.data["name"])
        if item.op not in STEPS:
            continue
        verb = table[item.data["verb"]]
        if verb.name == "EXECUTE OPERATION":
            kind, name, *_ = item.data["operands"][0]
            if kind != "value" or name not in operations:
                return verb.name
        elif verb.effect != "pure" or verb.runs_text:
            return verb.name
    return None


def define(frame: Frame, name: str, source: str, now: float) -> int:
    """Keeps a new version of an operation, and gives its number; the same text again makes none.

    Raises TypeFailed: the name; QuotaExceeded: more operations than a namespace may have.
    """
    check_name(name)
    last = current(frame, name)
    if last is None:
        _room(frame)
    elif last.source == source:
        return last.version
    version = last.version + 1 if last else 1
    frame.system(
        "INSERT INTO operation (name, version, source, created) VALUES (?, ?, ?, ?)", name, version, source, now
    )
    frame.system("DELETE FROM operation WHERE name = ? AND version <= ?", name, version - MOST_VERSIONS)
    return version


def _room(frame: Frame) -> None:
    [(names,)] = frame.system("SELECT count(DISTINCT name) FROM operation")
    if cast(int, names) >= MOST_OPERATIONS:
        message = f"there are {MOST_OPERATIONS:,} operations already"
        raise failed(Code.QUOTA_EXCEEDED, message, "delete some with DELETE OPERATION")


def current(reading: SystemTables, name: str) -> Version | None:
    """The last version of an operation. Raises NotFound where the namespace was never written to."""
    rows = reading.system(f"{_SELECT} WHERE name = ? ORDER BY version DESC LIMIT 1", name)
    return _version(rows[0]) if rows else None


def versions(reading: SystemTables, name: str) -> list[Version]:
    """The versions of an operation that are kept, the first one first. Raises as `current`."""
    return [_version(row) for row in reading.system(f"{_SELECT} WHERE name = ? ORDER BY version", name)]


def names(reading: SystemTables) -> list[str]:
    """The names of all operations, in their order. Raises as `current`."""
    return [str(row[0]) for row in reading.system("SELECT DISTINCT name FROM operation ORDER BY name")]


def listed(reading: SystemTables) -> list[Value]:
    """All operations by name, as LIST OPERATIONS shows them. Raises as `current`."""
    rows = reading.system(
        "SELECT name, max(version), min(created), max(created) FROM operation GROUP BY name ORDER BY name"
    )
    return [
        {"name": name, "version": version, "created": moment(cast(float, first)), "changed": moment(cast(float, last))}
        for name, version, first, last in rows
    ]


def delete(frame: Frame, name: str) -> bool:
    """Deletes an operation with all its versions; False where there is none. Runs that have begun it go on."""
    return bool(frame.system("DELETE FROM operation WHERE name = ? RETURNING version", name))


def described(kept: list[Version]) -> dict[str, Value]:
    """An operation as DESCRIBE OPERATION shows it, from its versions. Moments are Unix seconds."""
    last = kept[-1]
    return {
        "name": last.name,
        "version": last.version,
        "created": moment(kept[0].created),
        "changed": moment(last.created),
        "source": last.source,
        "versions": [
            {"version": one.version, "created": moment(one.created), "source": one.source} for one in kept
        ],
    }  # fmt: skip


_SELECT = "SELECT name, version, source, created FROM operation"


def _version(row: Row) -> Version:
    fields: Any = row
    return Version(*fields)
