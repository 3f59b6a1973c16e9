"""The second address of a development server."""

import socket
from pathlib import Path

import httpx
import pytest

from oql.settings import Settings
from server.process.listening import listen_too
from tests.http.running import running


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_the_same_is_served_there(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path / "data", rest_port=str(port), workers="1", job_workers="0") as server:
        assert server.port != port
        assert server.banner[1] == f"It serves http://127.0.0.1:{port} too\n"
        for url in (server.url, f"http://127.0.0.1:{port}"):
            assert httpx.get(f"{url}/chains").json() == []
            answer = httpx.post(f"{url}/v1/query", json={"query": "EMIT 1"}, auth=("test", "test"))
            assert answer.json()["result"] == 1


def test_a_port_that_is_taken_is_gone_without(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert listen_too(("127.0.0.1", port), loopback_only=True) is None
    assert capsys.readouterr().err == (
        f"oql: warning: the address 127.0.0.1:{port} is in use; "
        "it is the second address, of the settings rest_host and rest_port, and the server goes on without it\n"
    )


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"OQL_DEV": "true"}, None),
        ({"OQL_DEV": "true", "OQL_PORT": "8000"}, None),
        ({"OQL_DEV": "true", "OQL_PORT": "8000", "OQL_REST_PORT": "4242"}, ("127.0.0.1", 4242)),
        ({"OQL_DEV": "true", "OQL_HOST": "::1"}, ("127.0.0.1", 4242)),
        ({"OQL_DEV": "true", "OQL_PORT": "8000", "REST_PORT": "5000"}, ("127.0.0.1", 5000)),
        ({"OQL_DEV": "true", "REST_PORT": "5000"}, None),
        ({"OQL_DEV": "true", "OQL_REST_PORT": "5000"}, ("127.0.0.1", 5000)),
        ({"OQL_DEV": "true", "OQL_PORT": "8000", "OQL_REST_PORT": "0"}, None),
        ({"OQL_DEV": "true", "OQL_PORT": "0"}, None),
        ({"OQL_DEV": "true", "OQL_PORT": "0", "OQL_REST_PORT": "5000"}, ("127.0.0.1", 5000)),
        ({"OQL_PORT": "8000"}, None),
    ],
)
def test_where_that_is(tmp_path: Path, environ: dict[str, str], address: tuple[str, int] | None) -> None:
    settings = Settings.load(tmp_path, environ=environ)
    assert settings.rest_address == address
    if environ.get("REST_PORT") and not environ.get("OQL_PORT"):
        assert settings.port == 5000
