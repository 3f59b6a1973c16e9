"""Asks a service, and remembers what it said in the cache of the namespace."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from oql.errors import Code, OqlError, failed
from oql.remote import call, value_of
from oql.values import Value
from oql.verbs.run import Run

SECONDS = 10.0
MOST_BYTES = 4 * 2**20
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
_KEY = "!places "
"""How the keys of what is remembered begin, which no program uses by accident."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is asked: its URL, what messages call it, and the code of its failures."""

    url: str
    name: str
    code: Code = Code.NET_UNREACHABLE

    def failed(self, message: str, hint: str | None = None) -> OqlError:
        """The error of an answer that is of no use."""
        return failed(self.code, f"the {self.name} {message}", hint)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said: its status and the value of its body."""

    status: int
    value: Value


def ask(
    run: Run,
    service: Service,
    path: str,
    query: Mapping[str, str | int],
    read: Callable[[Answer], Value],
    remember_s: float,
    kind: type[Any] = dict,
) -> Any:
    """What `read` makes of a service's answer, of this kind; asked once, and remembered for so many seconds.

    `read` raises for an answer that is of no use. Raises the service's code, LimitExceeded.
    """
    url = f"{service.url}{path}?{urlencode(query)}"
    known = run.context.cache.get(f"{_KEY}{url}", run.clock())
    if isinstance(known, kind):  # programs can put anything there
        return known
    value = read(_asked(run, service, url))
    with contextlib.suppress(OqlError):  # a cache that is full is no reason to fail
        run.context.cache.put(f"{_KEY}{url}", value, run.clock(), remember_s)
    return value


def _asked(run: Run, service: Service, url: str) -> Answer:
    plain = url.startswith("http:")  # whoever runs the server has chosen so
    try:
        response = call(run, "GET", url, headers=_HEADERS, seconds=SECONDS, most_bytes=MOST_BYTES, plain=plain)
        return Answer(response.status, value_of(run, response, as_text=True))
    except OqlError as error:
        if error.code not in (Code.NET_UNREACHABLE, Code.NET_TIMEOUT) or service.code == Code.NET_UNREACHABLE:
            raise
        raise service.failed(f"cannot be asked: {error.message}") from None


_HEADERS = {"accept": "application/json", "accept-language": "en"}
