"""Files of the account: sent as attachments, whole or in part, under the rules of paths of chains."""

import os

import httpx
import pytest

from tests.executions.asking import refused
from tests.http.running import Server


@pytest.fixture(autouse=True)
def report(client: httpx.Client) -> None:
    """Some files that programs have written."""
    program = (
        'WRITE "a report" INTO "/root/tmp/Straße 1.txt" AFTER WRITE "x" INTO "/root/plain.csv" '
        'AFTER WRITE "<script>" INTO "/root/page.html"'
    )
    assert client.post("/v1/query", auth=("test", "test"), json={"query": program}).json()["status"] == "ok"


@pytest.mark.parametrize(
    "path", ["/root/tmp/Straße 1.txt", "/tmp/Straße 1.txt", "tmp/Straße 1.txt", "./tmp/../tmp/Straße 1.txt"]
)
def test_a_file(client: httpx.Client, path: str) -> None:
    answer = client.get("/download", params={"path": path})
    assert (answer.status_code, answer.text) == (200, "a report")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Stra_e 1.txt\"; filename*=UTF-8''Stra%C3%9Fe%201.txt"
    )
    assert "Content-Disposition" in answer.headers["access-control-expose-headers"]


def test_parts_and_what_is_known(client: httpx.Client) -> None:
    whole = client.get("/download?path=/tmp/Straße 1.txt")
    part = client.get("/download?path=/tmp/Straße 1.txt", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "rep", "bytes 2-4/8")
    known = client.get("/download?path=/tmp/Straße 1.txt", headers={"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert refused(client.get("/download?path=/plain.csv", headers={"Range": "bytes=9-"}), 403)
    assert refused(client.get("/download?path=plain.csv", headers={"Range": "bytes=9-"}), 416)


def test_nothing_is_shown_on_this_origin(client: httpx.Client) -> None:
    answer = client.get("/download?path=page.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_no_path(client: httpx.Client) -> None:
    for query in ("", "?path=", "?other=x"):
        assert refused(client.get(f"/download{query}"), 400) == "Missing path"


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/root/../etc/passwd", "../../etc/passwd", "/tmp/../../etc/passwd", "/rootless",
     "/proc/self/environ", "/root/a\0b", "/root/" + "x" * 300],
)  # fmt: skip
def test_paths_that_are_not_allowed(client: httpx.Client, path: str) -> None:
    assert refused(client.get("/download", params={"path": path}), 403) == "Path not allowed"


@pytest.mark.parametrize("path", ["/root/none", "/root", "/root/tmp", "/tmp", "none/at/all", "/root/plain.csv/x"])
def test_files_that_are_not_there(client: httpx.Client, path: str) -> None:
    assert refused(client.get("/download", params={"path": path}), 404) == "File not found"


def test_links_are_not_followed(client: httpx.Client, server: Server) -> None:
    root = next((server.data / "namespaces" / "user_test").rglob("plain.csv")).parent
    for name, target in (("out", "/etc/passwd"), ("folder", "/etc"), ("in", "plain.csv")):
        (root / name).unlink(missing_ok=True)
        os.symlink(target, root / name)
    for path in ("out", "folder/passwd", "in", "/root/folder"):
        assert refused(client.get("/download", params={"path": path}), 403) == "Path not allowed"
    for name in ("out", "folder", "in"):
        (root / name).unlink()


def test_files_are_their_accounts_own(eve: httpx.Client) -> None:
    assert refused(eve.get("/download?path=plain.csv"), 404) == "File not found"
