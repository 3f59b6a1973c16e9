"""The same work in other languages that are made for running other people's programs inside a Python process, and in
another library for durable work.

All are installed by the extra `bench`; the side of one that is not there is None, and the figure says NOT RUN.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any

from bench.jobs import JobLoad
from bench.processes import ROOT, environment
from bench.rounds import Side, again

STARLARK = "Starlark in Rust (starlark-pyo3)"
JINJA = "Jinja2 sandbox"
DBOS = "DBOS on SQLite"


def starlark(body: str, parts: int, **values: object) -> Side | None:
    """Runs the body of a function; reading its text is not measured."""
    if find_spec("starlark") is None:
        return None
    library: Any = import_module("starlark")
    module = library.Module()
    for name, value in values.items():
        module[name] = value
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"def work():\n{indented}\n"
    library.eval(module, library.parse("work.star", text), library.Globals.standard())
    frozen = module.freeze()
    return again(lambda: frozen.call("work"), parts)


def jinja(template: str, parts: int, **values: object) -> Side | None:
    """Renders a template that was compiled before."""
    if find_spec("jinja2") is None:
        return None
    sandbox: Any = import_module("jinja2.sandbox")
    render = sandbox.SandboxedEnvironment().from_string(template).render
    return again(lambda: render(**values), parts)


def dbos(clients: int, jobs: int) -> JobLoad | None:
    """Jobs of three durable inserts in a process of its own, each client waiting for one before the next."""
    if find_spec("dbos") is None:
        return None
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.durable", folder, str(clients), str(jobs)]
        done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)
    said = json.loads(done.stdout)
    return JobLoad(said["jobs"] / said["seconds"], tuple(said["delays"]))


def python(body: str, parts: int, **values: object) -> Side:
    """Runs the body of a plain Python function that takes the values."""
    names: dict[str, Any] = {}
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    exec(f"def work({', '.join(values)}):\n{indented}\n", names)
    work: Callable[..., object] = names["work"]
    return again(lambda: work(**values), parts)
