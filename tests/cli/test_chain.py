"""`oql chain` without a server: validate, dry-run, schema, and mistakes in the command line."""

import json
from pathlib import Path
from typing import Any

import click
import pytest

from oql.cli.chain.progress import Lines
from oql.cli.chain.server import Event
from tests.cli.calling import here, oql

GOOD = """\
name: x
inputs:
  - {name: topic, description: what about}
steps:
  - id: a
    prompt: "Say {topic}"
    model: claude-haiku-4-5
    output_var: o
output: o
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path / "good.yaml"


def test_validate(good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(GOOD.replace("prompt", "promt").replace("output: o", "output: p"))
    doubtful = tmp_path / "doubtful.yaml"
    doubtful.write_text(GOOD.replace("{topic}", "{topik}"))
    called = oql("chain", "validate", bad, good, doubtful)
    assert called.code == 1
    assert called.out.splitlines() == [
        f"{bad}:5:5: error in step `a`: prompt: is required for steps of the type `agent`",
        f"{bad}:6:5: error in step `a`: promt: is not a known field; did you mean `prompt`?",
        f'{bad}:9:1: error: output: Chain output "p" does not match any step output_var',
        f'{doubtful}:6:5: warning in step `a`: prompt: nothing sets the variable "topik"; did you mean `topic`?',
    ]
    assert called.err == "3 chains checked: 3 errors, 1 warning\n"
    called = here("chain", "validate", "--json", "-", stdin=GOOD.replace("{topic}", "{topik}"))
    assert called.code == 0
    assert json.loads(called.out) == [
        {
            "file": "<stdin>",
            "problems": [
                {
                    "level": "warning", "stepId": "a", "path": "steps.0.prompt", "line": 6, "column": 5,
                    "message": 'nothing sets the variable "topik"; did you mean `topic`?',
                }
            ],
        }
    ]  # fmt: skip


def test_validate_goes_on_behind_files_that_cannot_be_read(good: Path, tmp_path: Path) -> None:
    bad, one, two = (tmp_path / name for name in ("bad.yaml", "none.yaml", "nowhere.yaml"))
    bad.write_text(GOOD.replace("output: o", "output: p"))
    called = oql("chain", "validate", one, bad, two, good)
    assert called.code == 2
    assert called.out == f'{bad}:9:1: error: output: Chain output "p" does not match any step output_var\n'
    assert called.err.splitlines() == [
        f"error: {one}: no such file",
        f"error: {two}: no such file",
        "2 chains checked: 1 error, 0 warnings",
    ]


def test_dry_run(good: Path) -> None:
    called = oql("chain", "dry-run", good, "-i", "topic=bees", OQL_MODEL_PRICES="claude-*=1/5")
    assert called.out.splitlines() == [
        "wave 1",
        "  a: agent; claude-haiku-4-5, 1 call; about 2 + 500 tokens; cost 0.0025",
        "    prompt: Say bees",
        "1 step, 1 call of models: about 2 tokens in, 500 out; cost 0.0025",
    ]
    assert (called.code, called.err) == (0, "")
    shown = json.loads(here("chain", "dry-run", good, "-i", f"topic=@{good}", "--json").out)
    assert shown["waves"][0][0]["prompts"] == [{"name": "prompt", "text": f"Say {GOOD}"}]
    assert shown["total"] == {"calls": 1, "inputTokens": -(-(len(GOOD) + 4) // 4), "outputTokens": 500, "cost": None}


def test_schema() -> None:
    assert json.loads(here("chain", "schema").out)["required"] == ["name", "output", "steps"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["dry-run", "GOOD"], 1, 'Missing required input: "topic" (what about); give it with -i NAME=TEXT'),
        (
            ["dry-run", "GOOD", "-i", "topik=bees"],
            1,
            'Missing required input: "topic" (what about); "topik" is no declared input, did you mean `topic`?\n',
        ),
        (["dry-run", "GOOD", "-i", "topic"], 2, "expected NAME=TEXT such as `topic=bees`, found `topic`"),
        (["dry-run", "GOOD", "-i", "topic=1", "-i", "topic=2"], 2, "the input `topic` is given twice"),
        (["validate", "nowhere.yaml"], 2, "nowhere.yaml: no such file"),
        (["validate", "a.oql"], 2, "a.oql is a program, not a chain; it is run by `oql run a.oql`"),
        (["validate", "docs"], 2, "docs is a folder; name its files, such as docs/*.yaml"),
        (["run", "x", "--server", "http://127.0.0.1:9"], 1, "or name another one with --server (OQL_SERVER)"),
        (["list", "--runs", "--approvals"], 2, "give one of --runs, --approvals"),
        (["list", "--user", "ada"], 2, "there is no password: give --password (OQL_PASSWORD)"),
    ],
)
def test_mistakes(good: Path, arguments: list[str], code: int, said: str) -> None:
    called = here("chain", *[str(good) if each == "GOOD" else each for each in arguments])
    assert (called.code, called.out) == (code, "")
    assert said in called.err


@pytest.mark.parametrize(
    ("step", "message", "line"),
    [("chain", "Continued after interruption", "Continued after interruption"),
     ("a", "Attempt 1 failed: cut off", "a: Attempt 1 failed: cut off")],
)  # fmt: skip
def test_output_that_was_cut_off_is_not_that_of_the_next_attempt(step: str, message: str, line: str) -> None:
    written: list[str] = []
    lines = Lines("http://here", lambda text: written.append(click.unstyle(text)))
    told: tuple[dict[str, Any], ...] = (
        {"type": "step_output", "stepId": "a", "chunk": "abcd"},
        {"type": "step_log", "stepId": step, "message": message, "level": "info"},
        {"type": "step_output", "stepId": "a", "chunk": "abcdef"},
        {"type": "step_done", "stepId": "a", "durationMs": 5},
    )
    for number, fields in enumerate(told):
        lines.show(Event(number, fields))
    assert written[:3] == ["a: | abcd", line, "a: | abcdef"]
