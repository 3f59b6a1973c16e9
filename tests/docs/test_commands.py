"""Every command in the pages that is marked `run` says what stands after it; those of one page run in order.

A real server stands where the pages say http://127.0.0.1:4242, with its data folder in OQL_DATA. What differs from run
to run (ids, times, durations) is only compared in form.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.landing import curl_line
from tests.docs.pages import ROOT, Block, Example, examples, pages, text_of
from tests.http.running import Server, running

ADDRESS = "http://127.0.0.1:4242"
COMMANDS = ".venv/bin/"
INTERPRETERS = {"sh": ("bash", "-euo", "pipefail", "-c"), "python": (sys.executable, "-c")}
RUN = tuple(f"{language} run" for language in INTERPRETERS)
VARIES = {
    r'("(?:\w+_[mu]s|durationMs)":) ?[0-9.]+': r"\1 0",
    r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b": "(id)",
    r"\b\d+\.\d{3}\b": "0.000",
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "(id)",
    r"(?<![\w.])([0-9a-f]{24}|(pip_)?[0-9a-f]{16}|sched_[0-9a-f]{12})\b": "(id)",
    r"\boql_[A-Za-z0-9_-]{43}": "(token)",
    r"/gather/[A-Za-z0-9_-]{40,}": "/gather/(token)",
    r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z": "(time)",
    r"[ \t]+": " ",
}
"""What is not the same in each run, and how it is compared instead."""


def same(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, form in VARIES.items():
        text = re.sub(pattern, form, text)
    return text.strip()


def run(block: Block, server: Server, folder: Path) -> str:
    """All that a block says when it runs in a folder, beside a server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OQL_")}
    text = block.text.replace(ADDRESS, server.url).replace(COMMANDS, f"{Path(sys.executable).parent}/")
    done = subprocess.run(
        [*INTERPRETERS[block.language], text], cwd=folder, env=kept | {"OQL_DATA": str(server.data)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
    )  # fmt: skip
    said = done.stdout.replace(server.url, ADDRESS)
    assert done.returncode == 0, said
    return said


def differs(example: Example, said: str) -> bool:
    """Whether a block said something else than the page shows."""
    shown = example.shown
    if shown.language != "json":
        return same(said) != same(shown.text)
    return same(json.dumps(json.loads(said))) != same(json.dumps(json.loads(shown.text)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the commands run: the examples are there, and what they write is in nobody's way."""
    made = tmp_path / "here"
    made.mkdir()
    (made / "examples").symlink_to(ROOT / "examples")
    return made


PAGES = [page for page in pages() if examples(page, *RUN)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_commands_of_page(page: str, tmp_path: Path, folder: Path) -> None:
    with running(tmp_path / "data") as server:
        for example in examples(page, *RUN):
            said = run(example.block, server, folder)
            assert not differs(example, said), f"{example.block.place} says\n{said}\nand not\n{example.shown.text}"


@pytest.mark.slow
def test_requests_in_javascript(tmp_path: Path) -> None:
    """JavaScript is not run; the body that it sends, and what the page says of the answer, are true."""
    found = [example for page in pages() for example in examples(page, "js") if "JSON.stringify(" in example.block.text]
    with running(tmp_path / "data") as server:
        for example in found:
            answer: Any = httpx.post(f"{server.url}/v1/query", json=_sent(example.block)).json()
            assert answer["result"] == example.shown.text.strip()
    assert found


def _sent(block: Block) -> Any:
    """The object that a block of JavaScript gives to JSON.stringify, which is written as JSON."""
    start = block.text.index("JSON.stringify(") + len("JSON.stringify(")
    return json.JSONDecoder().raw_decode(block.text, start)[0]


def test_the_first_page_shows_the_line_that_the_server_prints() -> None:
    assert curl_line(ADDRESS) in text_of("README.md")


def test_what_varies_is_all_that_may_differ() -> None:
    assert same('{"duration_ms":0.25,"result":"a"}') == same('{"duration_ms": 12,"result":"a"}')
    assert same("EMIT  Ok  0.004") == same("EMIT Ok   12.100")
    assert same('{"result":"a"}') != same('{"result":"b"}')
    assert same("EMIT Ok 0.004") != same("EMIT Error 0.004")
