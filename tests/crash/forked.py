"""Processes that are to die at a named point."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from substrate.interface import faults
from tests.preloaded import begin

PATIENCE_S = 90.0


def dies(point: str, main: Callable[..., object], *arguments: Any, said: Path | None = None) -> bool:
    """Calls `main` in a process of its own; whether that died at the point, or went all the way.

    `said`: the file that has what it writes on its standard output. Raises AssertionError where it fails otherwise.
    """
    process = begin(_run, point, said, main, arguments)
    try:
        code = process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"at `{point}`: not over after {PATIENCE_S:g} s") from None
    assert code in (0, -signal.SIGKILL), f"at `{point}`: exit code {code}"
    return code != 0


def _run(point: str, said: Path | None, main: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    faults.die_at(point)
    if said:
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    main(*arguments)
