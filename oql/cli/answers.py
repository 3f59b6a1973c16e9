"""What came of a run, here or on a server, and how it is shown."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import click

from oql import json, report
from oql.cli import interrupt
from oql.cli.terminal import colored, is_terminal
from oql.doubts import Doubt
from oql.errors import OqlError
from oql.source import Source
from oql.values import Value, to_json

EXIT_CODES = {"ok": 0, "error": 1}
SUSPENDED = 3
_DEEPEST = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer as /v1/query gives it, its error as we show it, and whether Ctrl-C ended the run.

    `go_on`: the command that goes on with a run that has not ended.
    """

    source: Source
    body: dict[str, Any]
    error: OqlError | None = None
    interrupted: bool = False
    go_on: str = ""

    @property
    def exit_code(self) -> int:
        """0 done, 1 failed, 3 not ended yet, 130 interrupted."""
        return interrupt.EXIT_CODE if self.interrupted else EXIT_CODES.get(self.body["status"], SUSPENDED)


def show(answer: Answer, *, as_json: bool = False, trace: bool = False) -> None:
    """The result to stdout, the error and the trace to stderr; or the whole body as JSON to stdout."""
    if as_json:
        show_result(answer.body)
        return
    if answer.error:
        show_error(answer.error, answer.source)
    elif answer.body["status"] == "ok":
        show_result(answer.body["result"])
    else:
        show_waiting(answer.body, answer.go_on)
    if trace and answer.body["trace"]:
        from oql.cli.trace import show_trace

        show_trace(answer.body["trace"])


def show_waiting(body: dict[str, Any], go_on: str) -> None:
    """How to go on with a run that has not ended, on stderr."""
    waits = "waits for an answer" if body["status"] == "suspended" else "goes on"
    click.echo(f"job {body['job_id']} {waits}: {go_on}", err=True)
    if "gather_url" in body:
        click.echo(f"or in a browser, while the server runs: {body['gather_url']}", err=True)


def answer_command(job: str, namespace: str = "local") -> str:
    """The command that answers what a job of this data folder waits for."""
    return f"oql jobs answer {job}{elsewhere(namespace)}"


def elsewhere(namespace: str) -> str:
    """The options by which `oql jobs` looks into a namespace of this data folder, where it would not by itself."""
    folder = ' --server ""' if os.environ.get("OQL_SERVER") else ""
    return folder if namespace == "local" else f"{folder} --namespace {namespace}"


def show_error(error: OqlError, source: Source) -> None:
    """The picture of an error."""
    click.echo(report.error_text(error, source, color=colored(sys.stderr)), err=True)


def show_warnings(warnings: Iterable[Doubt], source: Source) -> None:
    """The pictures of warnings, on stderr."""
    for warning in warnings:
        click.echo(report.warning_text(warning, source, color=colored(sys.stderr)), err=True)


def show_result(value: Value) -> None:
    """A text as it is, in UTF-8, any other value as JSON. What does not end its line gets a line end."""
    text = value if isinstance(value, str) else json_text(value)
    click.echo(text.encode(errors="replace"), nl=not text.endswith("\n"))


def json_text(value: Value) -> str:
    """JSON of a value, indented for a terminal."""
    compact = to_json(value)
    if not is_terminal(sys.stdout):
        return compact.decode()
    import json as indenting  # it takes time to load

    try:
        return indenting.dumps(json.loads(compact, max_depth=_DEEPEST), indent=2, ensure_ascii=False)
    except (json.JsonError, RecursionError):
        return compact.decode()
