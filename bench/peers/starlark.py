"""Starlark in Rust: a language for other people's programs, as a library of Python."""

from bench.figures import Absent
from bench.peers import library
from bench.rounds import Side, absence, again

STARLARK = "Starlark in Rust (starlark-pyo3)"


def starlark(body: str, parts: int, **values: object) -> Side | Absent:
    """Runs the body of a function; reading its text is not measured."""
    try:
        found = library("starlark")
    except ImportError as failure:
        return absence(failure)
    module = found.Module()
    for name, value in values.items():
        module[name] = value
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    found.eval(module, found.parse("work.star", f"def work():\n{indented}\n"), found.Globals.standard())
    frozen = module.freeze()
    return again(lambda: frozen.call("work"), parts)
