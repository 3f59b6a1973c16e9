"""ASK on the command line: as the settings have it, and with the key nowhere to be seen."""

import json
from pathlib import Path
from typing import Any

from tests.cli.calling import Called, oql
from tests.models.services import KEY, Service, openai, refusal


def call(folder: Path, service: Service, *words: str) -> Called:
    """Calls the command line with this service set."""
    return oql(
        *words,
        OQL_DATA=str(folder),
        OQL_MODEL_BASE_URL=f"{service.url}/v1",
        OQL_MODEL_API_KEY=KEY,
        OQL_MODEL_DEFAULT="small",
    )


def test_a_program_asks(tmp_path: Path, service: Service) -> None:
    service.says = [openai("It is blue.")]
    called = call(tmp_path, service, "run", "--json", "-c", 'ASK "What colour?" SET ?a AFTER EMIT ?a')
    answer: dict[str, Any] = json.loads(called.out)
    assert (called.code, answer["result"]) == (0, "It is blue.")
    assert answer["trace"][0]["tokens_out"] == 7
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in called.out + called.err


def test_a_refusal_shows_no_key(tmp_path: Path, service: Service) -> None:
    service.says = [refusal(401, {"error": {"message": f"wrong key {KEY}"}})]
    called = call(tmp_path, service, "run", "--trace", "-c", 'ASK "What colour?"')
    assert called.code == 1
    assert "status 401: wrong key (key)" in called.err
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY not in called.out + called.err
    assert KEY.encode() not in kept


def test_settings_hide_the_key(tmp_path: Path, service: Service) -> None:
    listed = call(tmp_path, service, "settings").out
    assert KEY not in listed
    assert [line.split()[1] for line in listed.splitlines() if line.startswith("model_api_key ")] == ["(hidden)"]
