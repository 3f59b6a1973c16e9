"""Answers of other machines, through the guard of all outgoing requests."""

from collections.abc import Mapping
from hashlib import sha256

from chains.tools.pace import Pace, Worker
from oql.errors import Code, failed
from oql.outbound import Outbound, OutboundError, Response, Stopped, TimedOut, TooLarge
from oql.remote.answers import text_in
from oql.remote.calls import good

MOST_BYTES = 10 * 2**20
_LONGEST_KEY = 200
_BEYOND_S = 0.001


def fetched(
    work: Worker,
    pace: Pace,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> str:
    """The text of an answer, at most 10 MB of it. Raises OqlError, for a status from 400 on too."""
    if work.context.environment.outbound is None:
        raise failed(Code.UNSUPPORTED, "this run cannot reach the network")
    response = requested(work, pace, work.context.environment.outbound, method, url, headers=headers, body=body)
    return text_in(good(response))


def requested(
    work: Worker,
    pace: Pace,
    outbound: Outbound,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    most_bytes: int = MOST_BYTES,
) -> Response:
    """The answer, whatever its status. Raises OqlError (NetUnreachable, NetTimeout, LimitExceeded for calls)."""
    plain = url[:5].lower() == "http:"
    try:
        outbound.check(url, plain=plain)
        pace.look()
        work.call_out()
        return outbound.request(
            method,
            url,
            headers=headers,
            body=_sent(body),
            seconds=pace.left() + _BEYOND_S,
            most_bytes=most_bytes,
            plain=plain,
            calling=work.context.cancel.calling,
        )
    except TooLarge as error:
        raise failed(Code.NET_UNREACHABLE, error.message) from None
    except (TimedOut, Stopped) as error:
        work.look()  # says when it is the execution that is over
        message = f"no answer within {pace.seconds:g} s" if isinstance(error, TimedOut) else error.message
        raise failed(Code.NET_TIMEOUT, message) from None
    except OutboundError as error:
        raise failed(Code.NET_UNREACHABLE, error.message) from None


def key_within(key: str) -> str:
    """An idempotency key, or one as good of a length that every service takes."""
    return key if len(key) <= _LONGEST_KEY and key.isascii() else sha256(key.encode()).hexdigest()


def _sent(body: str | None) -> bytes:
    try:
        return (body or "").encode()
    except UnicodeEncodeError:
        raise failed(Code.NET_UNREACHABLE, "the body holds half of a character, which cannot be sent") from None
