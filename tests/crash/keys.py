"""One idempotency key from many clients at once, and one single-use link asked for by many."""

import socket

import httpx

from substrate.interface import Store
from tests.crash.clients import Login
from tests.crash.volley import get, post, volley
from tests.crash.works import row, rows_of


def one_key(url: str, login: Login, store: Store, tag: str, clients: int) -> list[str]:
    """Sends one keyed request from so many clients at once; what is wrong with the answers."""
    query = f"{row(tag, 0)}\nRANDOM SET ?r AFTER EMIT ?r"
    body = {"auth": login.auth, "query": query, "mode": "sync", "options": {"idempotency_key": tag}}
    answers = volley(url, [post(url + "/v1/query", body)] * clients)
    told = {(answer.status, answer.json().get("job_id"), str(answer.json().get("result"))) for answer in answers}
    effects = len(rows_of(store.namespace(login.namespace), tag))
    faults = [] if len(told) == 1 else [f"{tag}: different answers {sorted(map(str, told))}"]
    return faults + ([] if effects == 1 else [f"{tag}: {effects} effects"])


def one_link(client: httpx.Client, url: str, login: Login, tag: str, clients: int) -> list[str]:
    """Shares a file once, and has so many clients ask for it at once; what is wrong with the answers."""
    query = f'WRITE "{tag}" INTO "/root/{tag}" AFTER SHARE "/root/{tag}" SET ?url AFTER EMIT ?url'
    link = client.post(url + "/v1/query", json={"auth": login.auth, "query": query}, timeout=60).json()["result"]
    answers = volley(link, [get(link)] * clients)
    bodies = [answer.body.decode() for answer in answers if answer.status == 200]
    others = {answer.status for answer in answers} - {200, 410}
    return [] if bodies == [tag] and not others else [f"{tag}: bodies {bodies}, other answers {others}"]


def halted_link(url: str, login: Login, tag: str) -> list[str]:
    """Shares a file once that no buffer holds, and asks for it while another client has read a part of it."""
    piece, times = "0123456789abcdef", 1_000_000
    query = (
        f'REPLICATE "{piece}" WITH {times} SET ?text AFTER WRITE ?text INTO "/root/{tag}" AFTER '
        f'SHARE "/root/{tag}" SET ?url AFTER EMIT ?url'
    )
    answer = httpx.post(url + "/v1/query", json={"auth": login.auth, "query": query}, timeout=60)
    link = httpx.URL(answer.json()["result"])
    with socket.create_connection((link.host, link.port or 80), timeout=60) as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        first.sendall(f"GET {link.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        got = bytearray(first.recv(65_536))
        while b"\r\n\r\n" not in got or not got.endswith(b"f"):
            got += first.recv(1)
        second = httpx.get(link, timeout=60)
        while data := first.recv(65_536):
            got += data
    body = bytes(got).partition(b"\r\n\r\n")[2]
    faults = [] if second.status_code == 410 else [f"{tag}: the second client is answered {second.status_code}"]
    return faults + ([] if body == piece.encode() * times else [f"{tag}: the first client got {len(body)} bytes"])
