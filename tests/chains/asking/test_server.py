"""Models, tools and pre-tools of a server, as its settings name them; and its keys nowhere to be seen."""

import json
from pathlib import Path

import httpx
import pytest

from tests.http.running import TEST_LOGIN, running, until
from tests.models.services import KEY, Service, anthropic, anthropic_calls, refusal
from tests.outbound.servers import Answer, Web

TEXT = """
name: news
output: out
steps:
  - id: ask
    model: claude-haiku-4-5
    fallback_models: [other]
    tools: [search]
    prompt: "{found} {region} {command}"
    pre_tools:
      - {type: web_search, inject_as: found, query: tea}
      - {type: env_var, inject_as: region, var_name: TEST_REGION}
      - {type: bash, inject_as: command, command: "printf %s {region}"}
    output_var: out
"""


@pytest.mark.slow
def test_a_chain_with_all_that_settings_name(
    service: Service, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_REGION", "north")
    web.answers["/search"] = Answer(body=json.dumps([{"title": "Tea"}]).encode())
    call = anthropic_calls(("c1", "search", '{"query": "more"}'))
    service.says = [refusal(401, {"error": {"message": f"wrong key {KEY}"}}), call, anthropic("It is hot.")]
    settings = {
        "model_base_url": service.url, "model_protocol": "anthropic", "model_api_key": KEY,
        "model_map": "claude-*=small",
        "search_url": f"{web.url}/search", "chain_env": "TEST_REGION", "chain_bash": "true",
        "mcp_servers": f'{{"x": {{"url": "https://mcp.example.com", "headers": {{"key": "{KEY}"}}}}}}',
    }  # fmt: skip
    folder, login = tmp_path / "data", (TEST_LOGIN["username"], TEST_LOGIN["password"])
    with running(folder, job_workers="1", **settings) as server:
        with httpx.Client(base_url=server.url, auth=login, timeout=30) as client:
            client.post("/chains/news", content=TEXT, headers={"content-type": "text/yaml"}).raise_for_status()
            execution = client.post("/execute/news", json={}).json()["executionId"]
            until(lambda: client.get(f"/executions/{execution}").json()["status"] in ("done", "error"))
            record = client.get(f"/executions/{execution}").json()
            told = client.get(f"/executions/{execution}/stream").text
        lines = str(server.lines())
    assert (record.get("error"), record.get("result")) == (None, "It is hot.")
    assert (record["steps"]["ask"]["inputTokens"], record["steps"]["ask"]["outputTokens"]) == (22, 14)
    assert [asked.body["model"] for asked in service.asked] == ["small", "other", "other"]
    assert service.asked[0].body["messages"] == [{"role": "user", "content": "1. Tea north north"}]
    assert "Attempt 1 (claude-haiku-4-5) failed: the model service answered with status 401: wrong key (key)" in told
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert KEY not in str(record) + told + lines
    assert KEY.encode() not in kept
