"""Calls the command line as people do: a process of its own, with its own streams."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from oql.cli import main
from tests.preloaded import begin_oql

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
    with TemporaryDirectory() as kept:
        streams = given, out, err = Path(kept, "in"), Path(kept, "out"), Path(kept, "err")
        given.write_bytes(stdin if isinstance(stdin, bytes) else stdin.encode())
        out.touch()
        err.touch()
        process = begin_oql([str(each) for each in arguments], Path(folder), variables(environment), streams)
        try:
            code = process.wait(SECONDS)
        finally:
            process.kill()
        return Called(code, out.read_bytes().decode(), err.read_bytes().decode())


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
