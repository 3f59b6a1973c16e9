"""One call of a step: counted, within the limits and the time of its run, and ended when the run is."""

from collections.abc import Mapping

from oql.errors import Code, failed, limit_reached
from oql.outbound import Outbound, OutboundError, Response, Stopped, TimedOut, TooLarge
from oql.verbs.run import Run
from oql.verbs.text import Growth

SECONDS = 30.0
"""How long a call may take where the program says nothing."""
_BEYOND_S = 0.001


def call(
    run: Run,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = SECONDS,
    most_bytes: int | None = None,
    limit: str = "bytes in one read",
    plain: bool = False,
) -> Response:
    """The answer of another machine, whatever its status.

    `most_bytes`: of its body, the limit of one read without it, and `limit` is what messages call that; `plain`: http
    is as good as https. Raises NetUnreachable, NetTimeout, LimitExceeded, Unsupported, Timeout when the run is over.
    """
    outbound = _way_out(run)
    most_bytes = run.context.limits.read_bytes if most_bytes is None else most_bytes
    growth = Growth(run)
    try:
        outbound.check(url, plain=plain)
        run.call_out()
        return outbound.request(
            method,
            url,
            headers=headers,
            body=body,
            seconds=min(seconds, run.seconds_left() + _BEYOND_S),
            most_bytes=most_bytes,
            plain=plain,
            on_piece=lambda piece: growth.add(len(piece)),
            calling=run.context.cancel.calling,
        )
    except TooLarge as error:
        if error.status is None:
            raise failed(Code.NET_UNREACHABLE, error.message) from None
        raise limit_reached(limit, f"{most_bytes:,}") from None
    except (TimedOut, Stopped) as error:
        run.look()  # says when it is the run that is over
        hint = "allow it more time with ON, or ask for less" if isinstance(error, TimedOut) else None
        raise failed(Code.NET_TIMEOUT, error.message, hint) from None
    except OutboundError as error:
        raise failed(Code.NET_UNREACHABLE, error.message) from None


def good(response: Response, hint: str | None = None) -> Response:
    """The answer again; NetUnreachable with this hint when its status says that it went wrong, from 400 on."""
    if response.status >= 400:
        raise failed(Code.NET_UNREACHABLE, f"`{host_of(response)}` answered with status {response.status}", hint)
    return response


def host_of(response: Response) -> str:
    """Who gave the answer, as messages name it: a URL may hold what is nobody's business."""
    return response.url.split("/", 3)[2]


def _way_out(run: Run) -> Outbound:
    if run.context.environment.outbound is None:
        raise failed(Code.UNSUPPORTED, "this run cannot reach the network")
    return run.context.environment.outbound
