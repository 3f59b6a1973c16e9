"""A server that is reached below a path: every link in its answers and pages stays below it."""

import re
import socket
from collections.abc import Iterator
from urllib.parse import urljoin

import httpx
import pytest

from tests.http.running import running
from tests.jobs.asking import QUESTION, reached, waiting
from tests.jobs.conftest import TEST

BASE = "https://example.com/some/oql"


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address on the near side of a proxy that takes a path away."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with running(tmp_path_factory.mktemp("below") / "data", base_url=f"{BASE}/", port=port, job_workers="1"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client(near: str) -> Iterator[httpx.Client]:
    """A client there."""
    with httpx.Client(base_url=near, timeout=60, auth=TEST) as made:
        yield made


def test_links_of_a_job(client: httpx.Client) -> None:
    job_id = waiting(client, QUESTION)
    told = client.get(f"/v1/job/{job_id}").json()
    assert told["gather_url"].startswith(f"{BASE}/gather/")
    [wait] = told["waits"]
    assert wait["confirm_url"].startswith(f"{BASE}/v1/confirm/{job_id}?key=")
    accepted = client.post("/v1/query", json={"query": "EMIT 1", "mode": "async"}).json()
    assert accepted["poll_url"] == f"{BASE}/v1/job/{accepted['job_id']}"


def test_the_page_for_people_sends_its_answer_below_the_path(client: httpx.Client) -> None:
    told = client.get(f"/v1/job/{waiting(client, QUESTION)}").json()
    link = told["gather_url"]
    page = client.get(link.removeprefix(BASE)).text
    [action] = re.findall(r'action="([^"]*)"', page)
    assert urljoin(link, action) == link


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_links_to_files(client: httpx.Client, mode: str) -> None:
    query = 'WRITE "x" INTO "/root/x" AFTER SHARE "/root/x" SET ?url AFTER EMIT ?url'
    answer = client.post("/v1/query", json={"query": query, "mode": mode}).json()
    url = answer["result"] if mode == "sync" else reached(client, answer["job_id"], "complete")["result"]
    assert url.startswith(f"{BASE}/files/")
    assert client.get(url.removeprefix(BASE)).text == "x"


def test_the_page_of_the_server(client: httpx.Client) -> None:
    page = client.get("/").text
    links = re.findall(r'href="([^"]*)"', page)
    assert len(links) >= 4
    assert [link for link in links if not urljoin(f"{BASE}/", link).startswith(f"{BASE}/")] == []
