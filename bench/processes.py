"""How the measured processes are started: as installed ones are, compiled beforehand and with settings of their own."""

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
OQL = str(BIN / "oql")


@cache
def environment() -> dict[str, str]:
    """The environment of all of them: no settings from here, and a place where Python keeps its compiled modules."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OQL_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"PYTHONPYCACHEPREFIX": folder.name, "OQL_CACHE": str(Path(folder.name) / "oql")}


def finish(command: Sequence[str]) -> None:
    """Runs a process to its end. Raises CalledProcessError when it fails."""
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL)
