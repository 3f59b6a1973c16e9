"""A process that migrates a table while it writes rows, and says each that was answered; and the judgement of its end.

It is to die at a named point. Whoever comes next finds the table as it was or as it will be, every answered row in it,
and brings the migration to its end.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

from substrate.interface import Namespace
from substrate.opening import open_store
from tests.crash.forked import dies

TABLE = """
id = "t.rows"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "i64" }, { name = "mark", type = "str", unique = true }]
"""
NAME = "migrated"
ROWS = 2_500
_ADD = {"AddColumn": {"name": "extra", "type": "str", "default": "d", "required": True}}
_BREAK = {"ChangeType": {"name": "mark", "type": "i64"}}
EDGES = {
    "inside submit": "cutover",
    "inside a chunk*2": "cutover",
    "after a chunk*3": "cutover",
    "inside ready": "cutover",
    "after ready": "cutover",
    "inside cutover": "cutover",
    "inside auto-cutover": "auto-cutover",
    "inside abort": "abort",
    "inside fail": "fail",
    "after fail": "fail",
}
"""The points at the edges of states, and what the process is about when it comes to them."""


def migrate(url: str, folder: Path, about: str) -> None:
    """Migrates and writes until it dies or is done. `about`: one of the values of EDGES."""
    namespace = open_store(url, folder).namespace(NAME)
    namespace.write(lambda frame: frame.register(TABLE))
    namespace.write(lambda frame: frame.put_many("t.rows", [_row(n) for n in range(ROWS)]))
    say("begun")
    threading.Thread(target=_write, args=(namespace,), daemon=True).start()
    op = _BREAK if about == "fail" else _ADD
    namespace.write(lambda frame: frame.migrate("m", "t.rows", [op], "x", auto_cutover=about == "auto-cutover"))
    say("submitted")
    while namespace.migration("m")["state"] == "Backfilling":
        namespace.upkeep(0.01)
    if about == "cutover":
        namespace.write(lambda frame: frame.cut_over("m", "x"))
    elif about == "abort":
        namespace.write(lambda frame: frame.abort("m", "x"))
    say("done")


def say(word: str) -> None:
    """One word on a line, at once: what was not finished was not said."""
    os.write(1, f"{word}\n".encode())


def _row(number: int) -> dict[str, Any]:
    return {"id": number, "mark": f"m{number}"}


def _write(namespace: Namespace) -> None:
    for number in range(1_000_000):
        new, old = ROWS + number, number % ROWS
        namespace.write(lambda frame, new=new, old=old: frame.put_many("t.rows", [_row(new), _row(old)]))  # type: ignore[misc] # mypy#12557
        namespace.write(lambda frame, new=new: frame.put("t.rows", _row(new) | {"mark": f"again{new}"}))  # type: ignore[misc] # mypy#12557
        say(str(new))
        time.sleep(0.001)


def killed_at(url: str, folder: Path, point: str) -> tuple[bool, list[str]]:
    """Lets a process die at a point, and goes on; whether it died, and what is wrong then."""
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "said"
    died = dies(point, migrate, url, folder, EDGES[point], said=said)
    words = said.read_text().split("\n")[:-1]
    store = open_store(url, folder)
    try:
        return died, _judged(store.namespace(NAME), {int(word) for word in words if word.isdigit()}, words)
    finally:
        store.delete(NAME)
        store.close()


def _judged(namespace: Namespace, said: set[int], words: list[str]) -> list[str]:
    """What is wrong, at once and after the migration has come to its end."""
    faults = _look(namespace, said)
    found = namespace.migrations()
    if "submitted" in words and not found:
        faults.append("a migration that was answered is gone")
    namespace.write(lambda frame: frame.put("t.rows", {"id": -1, "mark": "later"} | _extra(namespace)))
    for _ in range(200):
        if not namespace.migrations() or namespace.migrations()[0]["state"] != "Backfilling":
            break
        namespace.upkeep(0.05)
    if found and namespace.migration("m")["state"] == "ReadyToCutover":
        namespace.write(lambda frame: frame.cut_over("m", "y"))
    faults += _look(namespace, {*said, -1})
    events = [each["event"] for each in namespace.migration_audit()]
    if events not in ([], *map(list, _LEGAL)):
        faults.append(f"the audit tells of {events}")
    return faults


_LEGAL = (
    ("submit", "ready", "cutover"), ("submit", "ready", "auto-cutover"), ("submit", "ready", "abort"),
    ("submit", "fail"),
)  # fmt: skip
"""What an audit may tell in the end."""


def _extra(namespace: Namespace) -> dict[str, str]:
    return {"extra": "d"} if "extra" in namespace.manifest_text("t.rows") else {}


def _look(namespace: Namespace, said: set[int]) -> list[str]:
    """What is wrong with the table: it is the old one or the new one, with all rows that were answered."""
    rows = {row["id"]: row for row in namespace.query({"Scan": {"schema": "t.rows"}})}
    extra, faults = _extra(namespace), []
    states = [each["state"] for each in namespace.migrations()]
    if bool(extra) != (states == ["Completed"]):
        faults.append(f"the table has {sorted(extra)} where the migration is {states}")
    if missing := {*range(ROWS), *said} - rows.keys():
        faults.append(f"{len(missing)} rows are missing, such as {min(missing)}")
    for number, row in rows.items():
        marks = {"later"} if number < 0 else {f"again{number}"} if number in said else {f"m{number}", f"again{number}"}
        if row["mark"] not in marks or row != {"id": number, "mark": row["mark"], **extra}:
            faults.append(f"the row {row} is not one that was written")
    return faults[:5]
