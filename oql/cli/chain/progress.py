"""What an execution tells, as a person sees it: a line for what has happened, and on a terminal what happens now."""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import click

from oql.cli.terminal import colored

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from oql.cli.chain.server import Event

Json = dict[str, Any]
LEVELS = {"info": "bright_black", "warn": "yellow", "error": "red"}
_WIDEST = 100
_REFRESHES = 8


class Progress(Protocol):
    """Shows events as they come."""

    def show(self, event: "Event") -> None:
        """Shows one event."""

    def at_work(self) -> AbstractContextManager[object]:
        """While the block lasts, events are shown; it may be entered again."""


class Lines:
    """Shows each event as lines on stderr. `live`: what is written while a step runs is shown elsewhere."""

    def __init__(self, address: str, write: Callable[[str], None], *, live: bool = False) -> None:
        self._address = address
        self._write = write
        self._live = live
        self._partial: dict[str, str] = {}

    def show(self, event: "Event") -> None:
        """Shows one event; of kinds that are not known, nothing."""
        fields = event.fields
        step = plain(str(fields.get("stepId", "")))
        shown = getattr(self, f"_{fields['type']}", None)
        if shown:
            shown(step, fields)

    def at_work(self) -> AbstractContextManager[object]:
        """See Progress."""
        return nullcontext()

    def _say(self, step: str, text: str, **style: Any) -> None:
        for line in text.splitlines() or [""]:
            head = click.style(f"{step}: ", fg="cyan") if step else ""
            self._write(head + click.style(plain(line), **style))

    def _execution_started(self, _step: str, fields: Json) -> None:
        self._say("", f"execution {fields['executionId']} of {fields.get('chainName', '')}", bold=True)

    def _step_started(self, step: str, fields: Json) -> None:
        label = fields.get("label", "")
        if not self._live:
            self._say(step, "started" if label in ("", fields["stepId"]) else f"started ({label})")

    def _step_output(self, step: str, fields: Json) -> None:
        if self._live:
            return
        *whole, rest = (self._partial.pop(step, "") + str(fields.get("chunk", ""))).split("\n")
        for line in whole:
            self._say(step, f"| {line}", dim=True)
        if rest:
            self._partial[step] = rest

    def _end_output(self, step: str) -> None:
        rest = self._partial.pop(step, "")
        if rest:
            self._say(step, f"| {rest}", dim=True)

    def _step_done(self, step: str, fields: Json) -> None:
        self._end_output(step)
        self._say(step, f"done in {took(fields.get('durationMs'))}{tokens(fields)}", fg="green")

    def _step_error(self, step: str, fields: Json) -> None:
        self._end_output(step)
        self._say(step, f"failed: {fields.get('error', '')}", fg="red")

    def _step_log(self, step: str, fields: Json) -> None:
        for begun in list(self._partial) if step == "chain" else [step]:
            self._end_output(begun)  # an attempt or a run that was cut off begins its output anew
        level = str(fields.get("level", "info"))
        mark = "" if level == "info" else f"{level}: "
        self._say("" if step == "chain" else step, f"{mark}{fields.get('message', '')}", fg=LEVELS.get(level))

    def _step_cache_hit(self, step: str, _fields: Json) -> None:
        self._say(step, "taken from the cache")

    def _step_waiting_approval(self, step: str, fields: Json) -> None:
        self._end_output(step)
        self._say(step, f"waits for a person: {fields.get('prompt', '')}", fg="yellow")
        for verb, more in (("approve", ""), ("reject", ' --reason "..."')):
            command = f"oql chain {verb} {fields['executionId']} {fields['stepId']}{more} --server {self._address}"
            self._write(f"  {plain(command)}")

    def _gate_action(self, step: str, fields: Json) -> None:
        reason = fields.get("reason")
        self._say(step, f"{fields.get('action', '')}{f': {reason}' if reason else ''}", fg="yellow")

    def _execution_done(self, _step: str, fields: Json) -> None:
        self._say("", f"done in {took(fields.get('durationMs'))}", fg="green", bold=True)

    def _execution_error(self, _step: str, fields: Json) -> None:
        self._say("", f"failed: {fields.get('error', '')}", fg="red", bold=True)


class _Now:
    """What the steps that run now have written last, below the lines of what has happened."""

    def __init__(self, lines: Lines, console: "Console") -> None:
        self._lines = lines
        self._console = console
        self._running: dict[str, tuple[float, str]] = {}
        self._spinner: Any = None

    def show(self, event: "Event") -> None:
        step, kind = str(event.fields.get("stepId", "")), event.fields["type"]
        if kind == "step_started":
            self._running[step] = time.monotonic(), ""
        elif kind == "step_output" and step in self._running:
            since, written = self._running[step]
            self._running[step] = since, (written + str(event.fields.get("chunk", "")))[-4 * _WIDEST :]
        elif kind in ("step_done", "step_error"):
            self._running.pop(step, None)
        self._lines.show(event)

    def at_work(self) -> AbstractContextManager[object]:
        from rich.live import Live

        return Live(
            console=self._console, refresh_per_second=_REFRESHES, transient=True, get_renderable=self._picture
        )  # fmt: skip

    def _picture(self) -> "RenderableType":
        """A line for each step that runs."""
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        self._spinner = self._spinner or Spinner("dots")
        table = Table.grid(padding=(0, 1))
        for step, (since, written) in list(self._running.items()):
            last = next((line for line in reversed(written.splitlines()) if line.strip()), "")
            seconds = f"{time.monotonic() - since:.0f} s"
            shown = Text(plain(last)[-_WIDEST:], style="dim", overflow="ellipsis", no_wrap=True)
            table.add_row(self._spinner, Text(plain(step), style="cyan"), Text(seconds), shown)
        return table


def progress(address: str) -> Progress:
    """Shows events on stderr: on a terminal with what goes on below them."""
    if not colored(sys.stderr):
        return Lines(address, lambda line: click.echo(line, err=True))
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    return _Now(Lines(address, lambda line: console.print(Text.from_ansi(line)), live=True), console)


def plain(text: str) -> str:
    """A text without what would move the cursor or change colours."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def took(milliseconds: Any) -> str:
    """A duration of the API for people."""
    return f"{milliseconds / 1000:,.3f} s" if isinstance(milliseconds, (int, float)) else "no time"


def tokens(fields: Json) -> str:
    """The tokens of a step; empty where it has used none."""
    if "inputTokens" not in fields and "outputTokens" not in fields:
        return ""
    return f", {fields.get('inputTokens', 0):,} + {fields.get('outputTokens', 0):,} tokens"
