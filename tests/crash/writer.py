"""A process that writes groups of three rows, from several threads at once, and says each that was answered."""

import sys
import threading
from pathlib import Path

from substrate.interface import Frame, Namespace
from substrate.opening import open_store

TABLE = """
id = "t.rows"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "i64" }, { name = "mark", type = "str", unique = true }]
"""
GROUP = 3
THREADS = 4


def _write(namespace: Namespace, first: int) -> None:
    def work(frame: Frame) -> None:
        frame.put_many("t.rows", [{"id": first + n, "mark": f"m{first + n}"} for n in range(GROUP)])

    namespace.write(work)


def _go_on(namespace: Namespace, thread: int, said: threading.Lock) -> None:
    for turn in range(1_000_000):
        first = (turn * THREADS + thread) * GROUP
        _write(namespace, first)
        with said:
            sys.stdout.write(f"{first}\n")
            sys.stdout.flush()


def main() -> None:
    """Writes until somebody kills the process. Arguments: the store's URL, its folder."""
    namespace = open_store(sys.argv[1], Path(sys.argv[2])).namespace("crash")
    namespace.write(lambda frame: frame.register(TABLE))
    said = threading.Lock()
    threads = [threading.Thread(target=_go_on, args=(namespace, n, said)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
