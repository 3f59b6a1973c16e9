"""`python -m bench.durable FOLDER CLIENTS JOBS`: jobs of three durable inserts in DBOS, and how long they took.

Each client starts a workflow, waits for its end, and starts the next. DBOS keeps its records in SQLite as it does where
nothing else is said; each step of the workflow writes a row to a database of the application, durable when it ends.
"""

import json
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

_here = threading.local()


def main() -> int:
    """Prints jobs, seconds, and the delay of each job from its start to its end."""
    folder, clients, jobs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    library: Any = import_module("dbos")
    dbos, workflow = library.DBOS, _workflow(library.DBOS, folder / "rows.sqlite")
    database = f"sqlite:///{folder / 'dbos.sqlite'}"
    dbos(config={"name": "bench", "system_database_url": database, "log_level": "ERROR", "run_admin_server": False})
    dbos.launch()
    for number in range(clients):
        dbos.start_workflow(workflow, number).get_result()
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        delays = list(pool.map(lambda number: _timed(dbos, workflow, number), range(jobs)))
    taken = time.perf_counter() - begun
    dbos.destroy()
    json.dump({"jobs": jobs, "seconds": taken, "delays": delays}, sys.stdout)
    return 0


def _timed(dbos: Any, workflow: Any, number: int) -> float:
    begun = time.perf_counter()
    dbos.start_workflow(workflow, number).get_result()
    return time.perf_counter() - begun


def _workflow(dbos: Any, rows: Path) -> Any:
    """A workflow of three steps."""
    _connection(rows).execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, n REAL)")

    def insert(number: int) -> int:
        return int(_connection(rows).execute("INSERT INTO orders (n) VALUES (?)", (number,)).lastrowid or 0)

    step = dbos.step()(insert)

    def three(number: int) -> list[int]:
        return [step(number) for _ in range(3)]

    return dbos.workflow()(three)


def _connection(rows: Path) -> sqlite3.Connection:
    """The connection of this thread, set as ours are: a write-ahead log, and every commit on disk."""
    if not hasattr(_here, "connection"):
        _here.connection = sqlite3.connect(rows, isolation_level=None, timeout=60)
        _here.connection.execute("PRAGMA journal_mode = WAL")
        _here.connection.execute("PRAGMA synchronous = FULL")
    connection: sqlite3.Connection = _here.connection
    return connection


if __name__ == "__main__":
    sys.exit(main())
