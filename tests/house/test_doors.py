"""The language reaches the world through its Context alone: no connection, clock or randomness of its own."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.house.project import Module, shipped, within
from tests.house.test_layers import room_of

DOORS = (
    "asyncio",
    "http.client",
    "multiprocessing",
    "os.urandom",
    "random",
    "secrets",
    "select",
    "smtplib",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "time",
    "urllib.request",
    "uuid.uuid1",
    "uuid.uuid4",
)
"""Modules and functions of the standard library that reach outside the process or differ from run to run."""

CLOCKS = frozenset({"now", "utcnow", "today"})
"""Methods of `date` and `datetime` that read the clock."""

OPENED = frozenset(
    {
        "oql.context",
        "oql.local",
        "oql.outbound.network",
        "oql.outbound.proxy",
        "oql.outbound.streams",
        "oql.sandbox.compiling",
    }
)
"""The door itself: what a Context is, the one that this process gives to runs, the way to other machines in it, and
what starts a process to compile modules in."""


def opened(module: Module) -> list[str]:
    """The places where a module of the language reaches the world without its Context."""
    names = [(found.name, found.line) for found in module.imports]
    names += _attributes(module)
    return [f"{module.path}:{line} {name}" for name, line in names if _reaches_out(name)]


def _attributes(module: Module) -> Iterator[tuple[str, int]]:
    endings = CLOCKS.union(door.split(".")[-1] for door in DOORS)
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in endings:
            yield ast.unparse(node), node.lineno


def _reaches_out(name: str) -> bool:
    owner, _, method = name.rpartition(".")
    reads_clock = method in CLOCKS and owner.split(".")[-1] in {"date", "datetime"}
    return reads_clock or any(within(name, door) for door in DOORS)


def test_the_language_has_no_other_door() -> None:
    closed = [m for m in shipped() if room_of(m.name) == "oql" and m.name not in OPENED]
    assert [line for module in closed for line in opened(module)] == []


def test_a_door_is_found() -> None:
    text = "import time\nfrom os import urandom\nfrom datetime import datetime, UTC\nhere = datetime.now(UTC)\n"
    assert opened(Module(PurePosixPath("oql/verbs/clock.py"), text)) == [
        "oql/verbs/clock.py:1 time",
        "oql/verbs/clock.py:2 os.urandom",
        "oql/verbs/clock.py:4 datetime.now",
    ]
