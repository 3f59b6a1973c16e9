"""Large answers: what those that nobody has read yet take of a process, and what others get meanwhile."""

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from server.problems import Problem
from server.store.budget import PIECE, Budget, Pieces
from tests.http.running import Server, running, until
from tests.store.asking import SCAN, Tenant, order

ROWS, TEXT = 3_200, "x" * 2_500
BYTES = 10_000_000
"""What a tenant may have on its way: one answer of `ROWS` rows, not two."""


def test_a_tenant_and_all_tenants_have_their_bounds() -> None:
    budget = Budget(3 * PIECE, 4 * PIECE)
    first, second, other = budget.share("a"), budget.share("a"), budget.share("b")
    first.hold(2 * PIECE)
    with pytest.raises(Problem) as refused:
        second.hold(PIECE + 1)
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
    first.hold(PIECE + 1)
    second.hold(PIECE + 1)
    with pytest.raises(Problem) as refused:
        other.hold(2 * PIECE)
    assert refused.value.status == 503
    other.hold(PIECE)  # is not counted
    for share in (first, second, first, second):
        share.give_back()
    other.hold(3 * PIECE)


async def pieces_of(body: bytes) -> list[bytes]:
    return [piece async for piece in Pieces(body, Budget(1, 1).share("a"))]


@pytest.mark.parametrize("size", [PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
def test_pieces_are_the_whole(size: int) -> None:
    body = bytes(number % 251 for number in range(size))
    pieces = asyncio.run(pieces_of(body))
    assert b"".join(pieces) == body
    assert {len(piece) for piece in pieces[:-1]} <= {PIECE}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of one worker, which keeps one large answer of a tenant, and two of all."""
    settings = {"workers": "1", "store_answer_bytes": str(BYTES)}
    with running(tmp_path_factory.mktemp("narrow") / "data", **settings) as started:
        yield started


@pytest.fixture
def tenants(narrow: Server, client: httpx.Client) -> list[Tenant]:
    """Three tenants, each with rows of eight megabytes."""
    made = [Tenant(narrow, name, "x", client) for name in ("a", "b", "c")]
    for tenant in made:
        tenant.declare()
        tenant.write(*(order(f"o-{number:04}", number, TEXT) for number in range(ROWS)))
    return made


def asked(tenant: Tenant) -> socket.socket:
    """A connection on which an answer of all rows has begun to come; nobody reads on."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.settimeout(60)
    sock.connect(("127.0.0.1", tenant.server.port))
    body = json.dumps(SCAN)
    sock.sendall(
        f"POST /v1/tenants/{tenant.name}/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    assert sock.recv(12) == b"HTTP/1.1 200"
    return sock


@pytest.mark.slow
def test_answers_that_nobody_reads_leave_room_for_others(tenants: list[Tenant]) -> None:
    a, b, c = tenants
    few = {"Limit": {"n": 3, "child": SCAN}}
    with ExitStack() as stack:
        unread = stack.enter_context(asked(a))
        refused = a.post("/query", json=SCAN)
        assert (refused.status_code, refused.json()["error"], refused.headers["Retry-After"]) == (
            429,
            "rate_limited",
            "1",
        )
        assert len(a.post("/query", json=few).json()) == 3  # what is small is not counted
        stack.enter_context(asked(b))
        refused = c.post("/query", json=SCAN)
        assert (refused.status_code, refused.json()["error"]) == (503, "server_error")
        unread.close()
        until(lambda: c.post("/query", json=SCAN).status_code == 200)
    for tenant in tenants:
        until(lambda tenant=tenant: tenant.post("/query", json=SCAN).status_code == 200)


@pytest.mark.slow
def test_large_answers_are_whole(tenants: list[Tenant]) -> None:
    """Also of two tenants at once, one answer after the other."""
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda tenant: [tenant.post("/query", json=SCAN) for _ in range(3)], tenants[:2]):
            for answer in found:
                assert int(answer.headers["Content-Length"]) == len(answer.content)
                assert [row["qty"] for row in answer.json()] == list(range(ROWS))
