"""Calls that run now: their time, and how others end them, also from another process.

A call that has run for a moment is known by a file with its id in a folder that all processes share; another process
asks for its end by a second file beside it. One thread looks after all calls of a process, and sleeps while there are
none.
"""

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from substrate.errors import Cancelled, Conflict, out_of_time, stopped
from substrate.interface import Call

LOOK_SECONDS = 0.025
CANCEL_SECONDS = 2.0
_ID = re.compile(r"[0-9A-Za-z]{1,64}")


@dataclass(eq=False, slots=True)
class _Run:
    tenant: str
    call: Call
    ends: float
    stop: Callable[[], None]
    shown: Path | None = None
    late: bool = False


class Running:
    """The calls of this process. `folder` is shared with the other processes of the server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: set[_Run] = set()
        self._by_id: dict[tuple[str, str], _Run] = {}
        self._guard = threading.Lock()
        self._begun = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def tracked(self, tenant: str, call: Call, interrupt: Callable[[], None]) -> Iterator[None]:
        """Runs the block as a call. Raises Cancelled when it was ended, Conflict when its id is in use."""
        run = _Run(tenant, call, time.monotonic() + call.seconds, interrupt)
        self._begin(run)
        try:
            if call.cancelled:
                raise stopped()
            yield
        except Cancelled as error:
            if run.late:
                raise out_of_time(call.seconds) from None
            raise error
        finally:
            self._end(run)

    def cancel(self, tenant: str, query_id: str) -> bool:
        """Ends a call, in whatever process it runs; False where none has this id."""
        run = self._by_id.get((tenant, query_id))
        if run:
            run.call.cancel()
            return True
        return bool(_ID.fullmatch(query_id)) and self._cancel_elsewhere(tenant, query_id)

    def _cancel_elsewhere(self, tenant: str, query_id: str) -> bool:
        shown = self._folder / tenant / query_id
        if not shown.exists():
            return False
        with contextlib.suppress(FileNotFoundError):
            shown.with_suffix(".cancel").touch(mode=0o600)
        give_up = time.monotonic() + CANCEL_SECONDS
        while shown.exists() and time.monotonic() < give_up:
            time.sleep(LOOK_SECONDS / 5)
        ended = not shown.exists()
        shown.with_suffix(".cancel").unlink(missing_ok=True)
        if not ended:  # its process was killed, or it could not be stopped yet
            shown.unlink(missing_ok=True)
        return ended

    def _begin(self, run: _Run) -> None:
        query_id = run.call.query_id
        with self._guard:
            if query_id:
                if (run.tenant, query_id) in self._by_id or self._path(run).exists():
                    raise Conflict(f"a call with the id `{query_id}` is running")
                self._by_id[run.tenant, query_id] = run
            self._runs.add(run)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look_after, name="calls", daemon=True)
                self._thread.start()
        run.call.on_cancel.append(run.stop)
        self._begun.set()

    def _end(self, run: _Run) -> None:
        with self._guard:
            self._runs.discard(run)
            if run.call.query_id:
                self._by_id.pop((run.tenant, run.call.query_id), None)
            with contextlib.suppress(ValueError):
                run.call.on_cancel.remove(run.stop)
            if run.shown:
                run.shown.unlink(missing_ok=True)
                run.shown.with_suffix(".cancel").unlink(missing_ok=True)

    def _look_after(self) -> None:
        while True:
            self._begun.clear()
            if not self._runs:
                self._begun.wait()
            time.sleep(LOOK_SECONDS)
            with self._guard:
                for run in self._runs:
                    self._look_at(run)

    def _look_at(self, run: _Run) -> None:
        """Under the guard, so that nothing is stopped that has just ended and made room for something else."""
        if time.monotonic() > run.ends:
            run.late = True
            run.stop()
        elif run.call.cancelled:
            run.stop()  # again: what was called off before it began did not notice
        elif run.call.query_id:
            if run.shown is None:
                run.shown = self._show(run)
            elif run.shown.with_suffix(".cancel").exists():
                run.call.cancel()

    def _show(self, run: _Run) -> Path:
        path = self._path(run)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(str(os.getpid()))
        return path

    def _path(self, run: _Run) -> Path:
        return self._folder / run.tenant / str(run.call.query_id)
