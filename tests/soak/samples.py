"""What a running server holds: memory, descriptors and threads of each process, bytes and rows of its data folder."""

import os
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing, suppress
from pathlib import Path

from bench.servers import memory
from tests.http.running import Server, children, title

Figures = dict[str, float]


def sample(server: Server) -> Figures:
    """All figures of now, each under the name that the page shows."""
    return _processes(server) | _folder(server) | _rows(server.data)


def _processes(server: Server) -> Figures:
    numbers: Counter[str] = Counter()
    found: Figures = {}
    for pid in (server.process.pid, *sorted(children(server.process.pid))):
        name = "master" if pid == server.process.pid else title(pid).removeprefix("oql: ")
        numbers[name] += 1
        with suppress(OSError):
            for what, value in _process(pid).items():
                found[f"{name} {numbers[name]}: {what}"] = value
    return found


def _process(pid: int) -> Figures:
    folder = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    user, system = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
    return {
        "RSS, MB": int(status["VmRSS"].split()[0]) / 1024,
        "PSS, MB": memory(pid) / 2**20,
        "descriptors": len(list((folder / "fd").iterdir())),
        "threads": int(status["Threads"]),
        "processor, s": (int(user) + int(system)) / 100,
    }


def _folder(server: Server) -> Figures:
    sizes: dict[str, float] = defaultdict(float)
    for folder, _, names in os.walk(server.data):
        for name in names:
            with suppress(OSError):
                path = Path(folder) / name
                part = _part(path.relative_to(server.data))
                sizes[f"bytes of {part}, MB"] += path.lstat().st_size / 2**20
                sizes[f"files of {part}"] += 1
    return {**sizes, "bytes of the log of the server, MB": server.log.stat().st_size / 2**20}


def _part(path: Path) -> str:
    if path.name.endswith(("-wal", "-shm")):
        return "write-ahead logs"
    if path.suffix == ".sqlite":
        return "databases of namespaces" if len(path.parts) > 1 else path.name
    return path.parts[0] if len(path.parts) > 1 else "other files"


def _rows(data: Path) -> Figures:
    counts: dict[str, float] = defaultdict(float)
    for path in sorted(data.rglob("*.sqlite")):
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as opened:
            where = "namespaces" if len(path.relative_to(data).parts) > 1 else path.name
            for (name,) in opened.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                with suppress(sqlite3.Error):
                    counts[f"rows of {name} in {where}"] += opened.execute(f'SELECT count(*) FROM "{name}"').fetchone()[
                        0
                    ]
    return dict(counts)
