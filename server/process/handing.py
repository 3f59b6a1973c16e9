"""A reload: this process becomes the program that is installed now, and keeps its port, its folder and its children.

    the old master looks whether the new program could start -> exec -> new web workers answer -> the former ones end

The process stays the same one, so the sockets stay open, the lock of the data folder stays taken, and what it has
started stays its own. Whoever connects meanwhile is served by the former web workers or by the new ones.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NoReturn

VARIABLE = "_OQL_HANDED_ON"
HELD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)
"""Signals that wait, from before the exec until the new master listens to them."""
CHECK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Handed:
    """What a program leaves to the one that follows it in the same process.

    lock, listeners: open files. workers: processes that finish what they do and then end; `last`: those that end behind
    them. kept: processes that go on, by their titles.
    """

    pid: int
    lock: int
    listeners: Sequence[int] = ()
    workers: Sequence[int] = ()
    last: Sequence[int] = ()
    kept: Sequence[tuple[str, int]] = ()


def taken() -> Handed | None:
    """What was left to this process; None where it was started afresh."""
    found = os.environ.pop(VARIABLE, None)
    if found is None:
        return None
    handed = Handed(**json.loads(found))
    if handed.pid != os.getpid():
        return None
    for opened in (handed.lock, *handed.listeners):
        os.set_inheritable(opened, False)
    return handed


def problem() -> str:
    """Why the program that is installed now could not start with the settings of now; empty when it could."""
    left_out = (VARIABLE, "PROMETHEUS_MULTIPROC_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    try:
        done = subprocess.run(  # noqa: S603 - this program
            [*command(), "--check"], env=environment, timeout=CHECK_SECONDS, capture_output=True, text=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stderr.strip() or f"exit code {done.returncode}") if done.returncode else ""


def hand_on(handed: Handed) -> NoReturn:
    """Becomes the program that is installed now. Raises OSError where it cannot; all is as before then."""
    words = command()
    for opened in (handed.lock, *handed.listeners):
        os.set_inheritable(opened, True)
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        os.execve(words[0], words, {**os.environ, VARIABLE: json.dumps(asdict(handed))})  # noqa: S606 - this program
    except OSError:
        listen_again()
        raise


def listen_again() -> None:
    """Lets the signals come that waited during a reload."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)


def command() -> list[str]:
    """How this process was started. A script is asked for its interpreter again, which may be another one by now."""
    if os.path.isfile(sys.argv[0]) and os.access(sys.argv[0], os.X_OK):
        return [sys.argv[0], *sys.argv[1:]]
    return [sys.executable, *sys.orig_argv[1:]]
