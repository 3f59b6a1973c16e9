"""A call of a URL."""

from functools import partial
from typing import Any

from chains.references import text_of
from chains.spec import Webhook
from chains.types.kind import StepType, never
from chains.types.subchain import plain_variables
from chains.work import Output, Work
from oql.errors import Code, OqlError, failed
from oql.outbound import Forbidden, OutboundError, Response, TimedOut

MOST_BYTES = 10 * 2**20
"""Of an answer."""


def perform(step: Webhook, work: Work) -> Output:
    """The text of the answer. Raises OqlError after the last attempt."""
    number, last = 1, step.webhook_retry + 1
    while "failed" in (came := work.once(f"attempt-{number}", partial(_attempted, step, work, number))):
        if number == last or came["lasting"]:
            raise OqlError(Code(came["code"]), f"Webhook failed after {number} attempt(s): {came['failed']}")
        number += 1
    text = str(came["text"])
    if text:
        work.chunk(text, once="told")
    return Output(text)


def _attempted(step: Webhook, work: Work, number: int) -> dict[str, Any]:
    """What came of an attempt, as it is kept: {"text"}, or {"failed", "code", "lasting"}: so would the next one."""
    if number > 1:
        work.wait(float(number - 1))
    try:
        return {"text": _attempt(step, work)}
    except OqlError as error:
        if error.final:
            raise
        lasting = isinstance(error.__cause__, Forbidden)
        if number <= step.webhook_retry and not lasting:
            work.log(f"Attempt {number} failed: {error.message}", "warn")
        return {"failed": error.message, "code": str(error.code), "lasting": lasting}


def _attempt(step: Webhook, work: Work) -> str:
    response = _answer(step, work)
    expected = step.webhook_success_status
    good = response.status in expected if expected is not None else 200 <= response.status < 300
    if not good:
        raise failed(Code.CHAIN_FAILED, f"status {response.status}")
    return response.body.decode("utf-8", "replace")


def _answer(step: Webhook, work: Work) -> Response:
    outbound = work.context.environment.outbound
    if outbound is None:
        raise failed(Code.UNSUPPORTED, "this run cannot reach the network")
    body = _body(step, work)
    work.call_out()
    try:
        return outbound.request(
            step.webhook_method,
            work.resolve(step.webhook_url).strip(),
            headers=_headers(step, work),
            body=body,
            seconds=min(step.webhook_timeout_ms / 1_000, work.seconds_left()),
            most_bytes=MOST_BYTES,
            plain=True,
            calling=work.context.cancel.calling,
        )
    except TimedOut as error:
        work.look()  # says when it is the run that is over
        raise failed(Code.NET_TIMEOUT, error.message) from error
    except OutboundError as error:
        work.look()
        raise failed(Code.NET_UNREACHABLE, error.message) from error


def _headers(step: Webhook, work: Work) -> dict[str, str]:
    """Names in lower case, so that those of the step take the place of ours."""
    ours = {"content-type": "application/json", "idempotency-key": _key(step, work)}
    return ours | {name.lower(): work.resolve(value) for name, value in step.webhook_headers.items()}


def _key(step: Webhook, work: Work) -> str:
    """The same for every attempt; another one for each element of a loop."""
    return ":".join(filter(None, (work.execution, step.id, work.label)))


def _body(step: Webhook, work: Work) -> bytes:
    if step.webhook_body is not None:
        return work.resolve(step.webhook_body).encode("utf-8", "replace")
    if not step.tells_variables:
        return b""
    told: dict[str, Any] = {
        "executionId": work.execution,
        "stepId": step.id,
        "chainName": work.chain_name,
        "vars": plain_variables(work),
    }
    return text_of(told).encode("utf-8", "replace")


WEBHOOK = StepType(perform, retried=False, cached=False, timed=never)
