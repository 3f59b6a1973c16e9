"""Forms and questions in the terminal: a line for each field, asked again until the answer fits.

They go to stderr, so that stdout holds nothing but the result. On a terminal a prompt reads the keys, and Ctrl-C or
Ctrl-D leaves; otherwise the lines of standard input are the answers, and its end leaves what has to be answered.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

import click

from oql.cli.terminal import is_terminal
from oql.people.answers import KINDS, Decision, check_answer, check_decision
from oql.people.forms import Field, Form, Question
from oql.values import Value

Ask = Callable[[str], str]
"""Shows a prompt and gives the line that was typed; EOFError or KeyboardInterrupt when the person leaves."""

_ONE_AT_A_TIME = threading.Lock()


def ask(kind: str, shown: dict[str, Any]) -> dict[str, Value] | None:
    """The answer to a form (`kind` is "gather": its values by name) or a question ("confirm": the decision).

    None when the person leaves it. May be called from several threads at once: one is asked after the other.
    """
    with _ONE_AT_A_TIME:
        try:
            return _form(shown, _reader()) if kind == "gather" else _question(shown, _reader())
        except (EOFError, KeyboardInterrupt):
            _say("left without an answer")
            return None


class _LinesEnd(EOFError):
    """There are no more lines: of whoever has answered something, what is optional is left empty then."""


def _form(form: Form, read: Ask) -> dict[str, Value]:
    if form["title"]:
        _say(form["title"])
    answers: dict[str, Value] = {}
    for field in form["fields"]:
        answers[field["name"]] = _field(field, _optional(read) if answers and not field["required"] else read)
    return answers


def _optional(read: Ask) -> Ask:
    def read_if_there(prompt: str) -> str:
        try:
            return read(prompt)
        except _LinesEnd:
            return ""

    return read_if_there


def _field(field: Field, read: Ask) -> Value:
    for number, choice in enumerate(field.get("choices", ()), 1):
        _say(f"  {number}. {choice}")
    while True:
        given = _chosen(field, read(_prompt(field)))
        value, problem = check_answer(field, given)
        if problem is None:
            return value
        _say(f"  {problem}")


def _prompt(field: Field) -> str:
    hint = {"text": "", "choice": "a number or a choice"}.get(field["kind"], KINDS[field["kind"].upper()].wanted)
    notes = ", ".join(filter(None, (hint, "" if field["required"] else "optional")))
    return f"{_printable(field['label'])}{f' ({notes})' if notes else ''}: "


def _chosen(field: Field, given: str) -> str:
    """The choice with a number, where the number itself is none."""
    choices, typed = field.get("choices", []), given.strip()
    if typed not in choices and typed.isascii() and typed.isdigit() and len(typed) < 5:
        return next((choice for number, choice in enumerate(choices, 1) if number == int(typed)), given)
    if field["kind"] == "boolean":
        return {"y": "yes", "n": "no"}.get(typed.lower(), given)
    return given


def _question(question: Question, read: Ask) -> Decision:
    _say(question["prompt"])
    approval: Field = {"name": "approved", "label": "Approve", "kind": "boolean", "required": True}
    approved = _field(approval, read)
    while True:
        reason = None if approved else _optional(read)("Reason (optional): ")
        decision, problems = check_decision({"approved": approved, "reason": reason})
        if not problems:
            return decision
        _say(f"  {problems['reason']}")


def _say(text: str) -> None:
    click.echo(_printable(text), err=True)


def _printable(text: str) -> str:
    """Without what a terminal would obey instead of showing."""
    return "".join(
        character if character.isprintable() or character == "\n" else " " for character in text.expandtabs(4)
    )


def _reader() -> Ask:
    if is_terminal(sys.stdin) and is_terminal(sys.stderr):
        return _from_terminal()
    return _from_lines


def _from_terminal() -> Ask:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output import create_output

    session: PromptSession[str] = PromptSession(output=create_output(stdout=sys.stderr))
    return session.prompt


def _from_lines(prompt: str) -> str:
    click.echo(prompt, err=True)
    line = sys.stdin.readline()
    if not line:
        raise _LinesEnd
    return line.rstrip("\n")
