"""Rows for many namespaces of a development server: `python -m bench.tenants PORT COUNT` writes to each in turn."""

import http.client
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import cycle

from bench.client import drive
from bench.engines import TABLE
from bench.load import Request

_CONNECTIONS = 16
_SECONDS = 1.5
_MAKERS = 8
_BEARER = {"Authorization": "Bearer development", "Content-Type": "application/json"}
_ROW = {"who": "somebody", "price": 12.5, "qty": 3, "paid": True}
_GENERATED = TABLE.replace('name = "id", type = "i64"', 'name = "id", generated = true, type = "uuid"')


def insert(tenant: int) -> Request:
    """A new row for a namespace; the server makes its key."""
    return Request(f"/v1/tenants/t{tenant}/rows/shop.orders", json.dumps(_ROW), _BEARER)


def prepare(port: int, first: int, last: int) -> None:
    """Makes the table in the namespaces with these numbers, several at a time. Raises RuntimeError."""
    with ThreadPoolExecutor(_MAKERS) as pool:
        list(pool.map(lambda maker: _prepare(port, range(first + maker, last, _MAKERS)), range(_MAKERS)))


def _prepare(port: int, tenants: Iterable[int]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for tenant in tenants:
            connection.request("POST", f"/v1/tenants/t{tenant}/schemas", _GENERATED, _BEARER)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"no table: {said!r}")


if __name__ == "__main__":
    port, count = map(int, sys.argv[1:])
    wires = [insert(tenant).wire() for tenant in range(count)]
    print(json.dumps(drive(port, _CONNECTIONS, cycle(wires), _SECONDS)))
