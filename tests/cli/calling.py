"""Calls the command line as people do: a process of its own, with its own streams."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from oql.cli import main

ROOT = Path(__file__).resolve().parents[2]
OQL = str(Path(sys.executable).with_name("oql"))
SECONDS = 60


@dataclass(frozen=True)
class Called:
    """How a call ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


def oql(*arguments: str | Path, stdin: str | bytes = "", folder: str | Path = ROOT, **environment: str) -> Called:
    """Calls `oql` in a folder; standard input is no terminal, and neither are the outputs."""
    done = subprocess.run(
        [OQL, *map(str, arguments)],
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        cwd=folder,
        env=variables(environment),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return Called(done.returncode, done.stdout.decode(), done.stderr.decode())


def here(*arguments: str | Path, stdin: str = "", **environment: str) -> Called:
    """The same in this process, for commands that change nothing in it: starting one takes longer than what they do."""
    nothing = dict.fromkeys(name for name in os.environ if name.startswith(("OQL_", "_OQL_")))
    given = nothing | variables(environment)
    done = CliRunner().invoke(main, [*map(str, arguments)], input=stdin, env=given)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Called(done.exit_code, done.stdout, done.stderr)


def variables(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a call: this one without settings, and no folder of the user with any."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OQL_", "_OQL_"))}
    return {**kept, "XDG_DATA_HOME": "/nonexistent", "COLUMNS": "100", **more}
