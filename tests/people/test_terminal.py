"""Forms and questions in the terminal: as lines of a pipe, and with keys on a terminal."""

import io
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from oql.cli import people
from tests.cli.pseudo_terminal import readable
from tests.people.shown import FORM, QUESTION

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 20.0


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the lines of standard input."""
    return lambda *lines: monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def one(kind: str, **more: Any) -> dict[str, Any]:
    return {"title": None, "fields": [{"name": "f", "label": "F", "kind": kind, "required": True, **more}]}


def test_a_form_is_asked_field_by_field(typed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    typed("Ada", "ada@example.com", "2", "", "y", "n", "2", "8")
    assert people.ask("gather", FORM) == {
        "name": "Ada", "mail": "ada@example.com", "count": 2, "day": None, "gift": True, "news": False, "size": "M",
        "country": "Haiti",
    }  # fmt: skip
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert lines[:3] == ["Order a shirt", "Name: ", "Email address (an email address such as ada@example.com): "]
    assert "Send news (yes or no, optional): " in lines
    assert lines[lines.index("  1. S") :][:4] == ["  1. S", "  2. M", "  3. L", "Size (a number or a choice): "]


def test_what_does_not_fit_is_asked_again(typed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    typed("three", "", "3")
    assert people.ask("gather", one("number")) == {"f": 3}
    assert capsys.readouterr().err.splitlines() == [
        "F (a number such as 12.5): ",
        '  expected a number such as 12.5, found "three"',
        "F (a number such as 12.5): ",
        "  an answer is required: a number such as 12.5",
        "F (a number such as 12.5): ",
    ]


@pytest.mark.parametrize(
    ("choices", "line", "choice"),
    [(["a", "b"], "2", "b"), (["a", "b"], "b", "b"), (["2", "1"], "2", "2"), (["a", "b"], "02", "b")],
)
def test_a_choice_is_named_or_numbered(typed: Any, choices: list[str], line: str, choice: str) -> None:
    typed(line)
    assert people.ask("gather", one("choice", choices=choices)) == {"f": choice}


@pytest.mark.parametrize("line", ["3", "0", "-1", "²", "99999999"])
def test_a_number_of_no_choice_is_asked_again(typed: Any, line: str) -> None:
    typed(line, "1")
    assert people.ask("gather", one("choice", choices=["a", "b"])) == {"f": "a"}


def test_a_question_is_approved(typed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    typed("", "yes")
    assert people.ask("confirm", QUESTION) == {"approved": True, "reason": None}
    assert capsys.readouterr().err.startswith(QUESTION["prompt"])


def test_a_rejection_is_asked_for_its_reason(typed: Any) -> None:
    typed("n", "x" * 1_001, " too soon ")
    assert people.ask("confirm", QUESTION) == {"approved": False, "reason": "too soon"}


@pytest.mark.parametrize(("kind", "shown"), [("gather", FORM), ("confirm", QUESTION)])
def test_the_end_of_the_input_leaves_it_unanswered(typed: Any, kind: str, shown: dict[str, Any]) -> None:
    typed()
    assert people.ask(kind, shown) is None


def test_what_a_terminal_would_obey_is_not_shown(typed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    typed("x")
    people.ask("gather", {**one("text", label="a\x1b[2Jb"), "title": "t\x07\x9b1m"})
    assert capsys.readouterr().err == "t  1m\na [2Jb: \n"


# on a terminal

_PROGRAM = """
import json, sys
from oql.cli.people import ask
print(json.dumps(ask(sys.argv[1], json.loads(sys.argv[2]))))
"""


class Keyboard:
    """A process that asks on a terminal, whose keys are pressed here; its stdout is a pipe."""

    def __init__(self, kind: str, shown: dict[str, Any]) -> None:
        self.ours, theirs = pty.openpty()
        self.seen = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, kind, json.dumps(shown)],
            cwd=ROOT, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm"},
        )  # fmt: skip
        os.close(theirs)

    def answer(self, prompt: bytes, keys: bytes) -> None:
        """Waits for a prompt, and presses keys."""
        give_up = time.monotonic() + SECONDS
        while prompt not in self.seen:
            assert time.monotonic() < give_up, self.seen
            if readable(self.ours, 0.1):
                data = os.read(self.ours, 65_536)
                if b"\x1b[6n" in data:  # where is the cursor?
                    os.write(self.ours, b"\x1b[1;1R")
                self.seen += data
        self.seen = self.seen.partition(prompt)[2]
        os.write(self.ours, keys)

    def end(self) -> Any:
        """What was printed; the process ends by itself."""
        output, _ = self.process.communicate(timeout=SECONDS)
        os.close(self.ours)
        assert self.process.returncode == 0
        return json.loads(output)


@pytest.mark.slow
def test_a_form_on_a_terminal() -> None:
    keyboard = Keyboard("gather", one("number"))
    keyboard.answer(b"such as 12.5):", b"3x\r")
    keyboard.answer(b'found "3x"', b"")
    keyboard.answer(b"such as 12.5):", b"4\x7f5\r")
    assert keyboard.end() == {"f": 5}


@pytest.mark.slow
@pytest.mark.parametrize("key", [b"\x03", b"\x04"])
def test_ctrl_c_and_ctrl_d_leave_it(key: bytes) -> None:
    keyboard = Keyboard("confirm", QUESTION)
    keyboard.answer(b"Approve (yes or no):", key)
    assert keyboard.end() is None
