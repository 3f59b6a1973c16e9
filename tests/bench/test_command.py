"""`python -m bench` from the outside."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bench import servers
from bench.account import account_in, emit, emit_with_token
from bench.load import Request
from bench.processes import ROOT


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_figure_is_measured_and_written_down(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    done = bench("program-cache", "--rounds", "1", "--json", str(kept))
    assert done.returncode == 0, done.stderr
    found = json.loads(kept.read_text(encoding="utf-8"))
    rows = found["figures"][0]["rows"]
    assert [row["subject"] for row in rows] == ["100 B", "1 kB", "10 kB", "100 kB"]
    assert [len(row["ours"]) for row in rows] == [1, 1, 1, 1]
    assert [row["target"] for row in rows] == [None, "1 kB: at most 10 us", None, None]
    told = r"[-0-9]+ [:0-9]+ UTC; .* cores in use before, .*% taken by the host.*"
    assert re.fullmatch(told, found["figures"][0]["measured"])


def test_an_unknown_figure_is_refused() -> None:
    done = bench("no-such-figure")
    assert done.returncode == 2
    assert "unknown figure 'no-such-figure' (known: " in done.stderr


@pytest.mark.slow
def test_the_measured_server_is_ours_with_bare_routes(tmp_path: Path) -> None:
    token = account_in(tmp_path / "data")
    with servers.ours_beside_bare(tmp_path) as server:
        asked = [emit(), emit(development=True), emit_with_token(token), emit("/bare"), emit("/inside")]
        answers = [_ask(server.port, request) for request in asked]
        assert len(server.workers) == servers.WORKERS
        assert server.processor_s() > 0
        assert servers.memory(server.workers[0]) > 1_000_000
    assert [answer.json()["result"] for answer in answers] == ["Hello"] * 5
    assert ["x-request-id" in answer.headers for answer in answers] == [True, True, True, False, True]


@pytest.mark.slow
def test_production_has_no_bare_route(tmp_path: Path) -> None:
    with servers.ours(tmp_path) as server:
        assert [_ask(server.port, Request(path)).status_code for path in ("/bare", "/inside")] == [404, 404]


def _ask(port: int, request: Request) -> httpx.Response:
    url = f"http://127.0.0.1:{port}{request.path}"
    return httpx.request(request.method, url, content=request.body.encode(), headers=request.headers)
