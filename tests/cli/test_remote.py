"""`oql run --server`: the same results, errors and exit codes as in this process."""

from collections.abc import Iterator

import pytest

from tests.cli.calling import Called, oql
from tests.http.running import Server, running

pytestmark = pytest.mark.slow

LOGIN = {"OQL_USER": "test", "OQL_PASSWORD": "test"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("remote") / "data", workers="1") as started:
        yield started


def there(server: Server, program: str, *options: str, **environment: str) -> Called:
    return oql("run", "-c", program, "--server", server.url, *options, **(environment or LOGIN))


def test_a_result_is_printed_as_a_run_here_prints_it(server: Server) -> None:
    called = there(server, "EMIT !GET(id)", "--request", "param:id=7", "--trace")
    assert (called.code, called.out) == (0, "7\n")
    assert called.err.splitlines()[1].split()[:2] == ["EMIT", "Ok"]
    assert there(server, "ENLIST 1 AND 2 SET ?a AFTER EMIT ?a").out == "[1,2]\n"
    assert there(server, "EMIT !NAMESPACE").out == "user_test\n"


@pytest.mark.parametrize(
    "program",
    [
        'UPER "x" AFTER LOWR 1',
        'EMIT ?nmae AFTER CALCULATE "1 / 0"',
        'EMIT "h\u00e9"\n  AFTER CALCULATE "1 / 0"',
        "UPPER (* no",
        'EMIT "a" AFTER\n',
    ],
)
def test_an_error_is_the_same_picture_as_of_a_run_here(server: Server, program: str) -> None:
    called = there(server, program)
    assert called == oql("run", "-c", program)
    assert called.code == 1


def test_credentials_may_be_options(server: Server) -> None:
    called = there(server, "EMIT 1", "--user", "test", "--password", "test", NO_COLOR="1")
    assert (called.code, called.out) == (0, "1\n")


def test_wrong_credentials_are_refused_in_one_line(server: Server) -> None:
    called = there(server, "EMIT 1", OQL_TOKEN="oql_wrong")
    assert (called.code, called.out, called.err.count("\n")) == (1, "", 1)
    assert called.err.startswith(f"error: {server.url} refuses: ")
    assert "401" in called.err


def test_missing_credentials_are_wrong_usage(server: Server) -> None:
    assert there(server, "EMIT 1", NO_COLOR="1").code == 2
    password = there(server, "EMIT 1", OQL_USER="test")
    assert (password.code, "OQL_PASSWORD" in password.err) == (2, True)


def test_variables_stay_here(server: Server) -> None:
    assert there(server, "EMIT ?a", "--var", "a=1").code == 2


def test_no_server_and_another_server_are_said_in_one_line(server: Server) -> None:
    silent = oql("run", "-c", "EMIT 1", "--server", "127.0.0.1:1", **LOGIN)
    assert (silent.code, silent.err.count("\n")) == (1, 1)
    assert silent.err == (
        "error: cannot reach http://127.0.0.1:1: Connection refused; "
        "start one with `oql serve --dev`, or name another one with --server (OQL_SERVER)\n"
    )
    other = oql("run", "-c", "EMIT 1", "--server", f"{server.url}/nowhere", **LOGIN)
    assert (other.code, other.err.count("\n")) == (1, 1)
    assert other.err.endswith(f"; the address of a server is {server.url}\n")
    secure = server.url.replace("http:", "https:")
    tls = oql("run", "-c", "EMIT 1", "--server", secure, **LOGIN)
    assert tls.err.endswith(f"; it may speak http alone: {server.url}\n")
