"""Jobs of three durable inserts in DBOS: `python -m bench.peers.dbos FOLDER CLIENTS JOBS`.

Each client starts a workflow, waits for its end, and starts the next. DBOS keeps its records in SQLite as it does where
nothing else is said; each step of the workflow writes a row to a database of the application, durable when it ends.
"""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.jobs import JobLoad
from bench.peers import library
from bench.processes import ROOT, environment

DBOS = "DBOS on SQLite, a durable workflow"
_here = threading.local()


def dbos(clients: int, jobs: int) -> JobLoad:
    """Jobs of three durable inserts in a process of its own, each client waiting for one before the next.

    Raises ModuleNotFoundError.
    """
    if find_spec("dbos") is None:
        raise ModuleNotFoundError("dbos")
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.peers.dbos", folder, str(clients), str(jobs)]
        done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)
    said = json.loads(done.stdout)
    return JobLoad(said["jobs"] / said["seconds"], tuple(said["delays"]))


def main() -> int:
    """Prints jobs, seconds, and the delay of each job from its start to its end."""
    folder, clients, jobs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    found = library("dbos").DBOS
    workflow = _workflow(found, folder / "rows.sqlite")
    database = f"sqlite:///{folder / 'dbos.sqlite'}"
    found(config={"name": "bench", "system_database_url": database, "log_level": "ERROR", "run_admin_server": False})
    found.launch()
    for number in range(clients):
        found.start_workflow(workflow, number).get_result()
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        delays = list(pool.map(lambda number: _timed(found, workflow, number), range(jobs)))
    taken = time.perf_counter() - begun
    found.destroy()
    json.dump({"jobs": jobs, "seconds": taken, "delays": delays}, sys.stdout)
    return 0


def _timed(found: Any, workflow: Any, number: int) -> float:
    begun = time.perf_counter()
    found.start_workflow(workflow, number).get_result()
    return time.perf_counter() - begun


def _workflow(found: Any, rows: Path) -> Any:
    """A workflow of three steps."""
    connection(rows).execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, n REAL)")

    def insert(number: int) -> int:
        return int(connection(rows).execute("INSERT INTO orders (n) VALUES (?)", (number,)).lastrowid or 0)

    step = found.step()(insert)

    def three(number: int) -> list[int]:
        return [step(number) for _ in range(3)]

    return found.workflow()(three)


def connection(rows: Path) -> sqlite3.Connection:
    """The connection of this thread, set as ours are: a write-ahead log, and every commit on disk."""
    if getattr(_here, "rows", None) != rows:
        _here.rows, _here.connection = rows, sqlite3.connect(rows, isolation_level=None, timeout=60)
        _here.connection.execute("PRAGMA journal_mode = WAL")
        _here.connection.execute("PRAGMA synchronous = FULL")
    found: sqlite3.Connection = _here.connection
    return found


if __name__ == "__main__":
    sys.exit(main())
