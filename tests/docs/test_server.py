"""What the pages tell of a server is what a running one shows: routes, statuses, files, fields of its log."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

import httpx
import pytest

from server.problems import CODES
from tests.docs.declared import Rows, quoted
from tests.docs.pages import tables
from tests.http.running import Server, ask, running

METHODS = ("get", "post", "put", "patch", "delete")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server that has been used a little."""
    with running(tmp_path_factory.mktemp("described") / "data") as started:
        with httpx.Client(base_url=started.url) as client:
            ask(client, 'CACHE 1 AS "k" AFTER WRITE 1 INTO "/root/a" AFTER SHARE "/root/a"')
            ask(client, "EMIT 1", auth={"username": "nobody", "password": "x"})
        yield started


def test_every_route_and_status(server: Server) -> None:
    document: dict[str, Any] = httpx.get(f"{server.url}/openapi.json").json()
    routes: Rows = [
        [quoted(f"{method.upper()} {path}"), " ".join(sorted(operation["responses"]))]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    told = [
        *tables("docs/http.md")["routes"],
        *tables("docs/chains.md")["chain routes"],
        *tables("docs/store.md")["store routes"],
    ]
    assert [row[:2] for row in told] == routes
    assert {int(status) for _, statuses in routes for status in statuses.split()} <= {
        200,
        201,
        202,
        204,
        206,
        304,
        *CODES,
    }


def test_every_file_of_the_data_folder(server: Server) -> None:
    patterns = [row[0].strip("`") for row in tables("docs/operations.md")["data folder"]]
    paths = [path.relative_to(server.data) for path in server.data.rglob("*") if not path.is_dir()]
    names = [PurePosixPath(path).as_posix() for path in paths]
    assert [name for name in names if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    unseen = {pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names)}
    never = {"oql.toml", "replication.state", "replication.sqlite*", "restore.incomplete", "upkeep/*", "vectors/*"}
    assert unseen == {*never, "usage/days/*", "usage/slots/*"}


def test_every_field_of_the_log(server: Server) -> None:
    told = {row[0].strip("`") for row in tables("docs/operations.md")["log fields"]}
    shown = {field for line in server.lines() if line["event"] == "request" for field in line}
    assert shown <= told
    assert told - shown == {"gone"}
