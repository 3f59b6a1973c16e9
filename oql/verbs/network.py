"""Verbs that leave the machine.

FETCH and POST ask right away; WEBHOOK and EMAIL queue what a worker delivers, in the step's own transaction.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any as Any_, Literal

from oql.errors import Code, failed
from oql.tables.access import write
from oql.values import Value
from oql.verbs.declare import Any, Family, Object, Text
from oql.verbs.run import Run
from oql.verbs.time import Duration, checked
from substrate.errors import Invalid
from substrate.interface import Frame

if TYPE_CHECKING:
    from oql.remote.requests import Sent

family = Family(
    "network",
    "Network",
    failure=Code.NET_UNREACHABLE,
    exec_class="Net",
    options={"effect": "outside", "touches": "url", "quick": False},
)
_WHOLE = 'FORMAT "response" gives status, headers and body whatever the status is'


def _only_reads(modifiers: Mapping[str, Any_]) -> bool:
    """Whether a FETCH with these modifiers asks by a method that changes nothing."""
    from oql.remote.requests import READING

    if "AS" not in modifiers:
        return "WITH" not in modifiers
    kind, method, *_ = modifiers["AS"]
    return kind == "value" and str(method).upper() in READING


@family.verb(
    "FETCH",
    examples=[
        ('FETCH "http://api.example.com:8080/rates" SET ?r AFTER EMIT ?r(EUR)', 0.92),
        ('FETCH "http://api.example.com:8080/none" FORMAT "response" SET ?r AFTER EMIT ?r(status)', 404),
        ('FETCH "http://api.example.com:8080/echo" AS "PUT" WITH "tea" SET ?r AFTER EMIT ?r(body)', "tea"),
    ],
    reads_without=_only_reads,
)
def fetch(
    run: Run,
    url: Text,
    *,
    as_: Text | None = None,
    with_: Any = None,
    attach: Object | None = None,
    on: Duration | None = None,
    format_: Literal["response"] | None = None,
) -> Value:
    """Asks a URL and gives the answer: JSON as its value, text, or binary, by content type.

    AS names the method, GET without it, or POST where there is a body: WITH. ATTACH gives headers, ON the seconds to
    wait. A status from 400 on fails; with FORMAT "response" the answer is an object of status, headers and body
    whatever the status is.
    """
    from oql.remote.requests import method_of, sent

    method = method_of(as_) if as_ is not None else "GET" if with_ is None else "POST"
    return _ask(run, url, sent(run, method, with_, attach), on, whole=format_ is not None)


@family.verb(
    "POST",
    examples=[('POST "tea" AT "http://api.example.com:8080/echo" SET ?r AFTER EMIT ?r(body)', "tea")],
    names="AT",
)
def post(
    run: Run,
    body: Any,
    *,
    at: Text,
    attach: Object | None = None,
    on: Duration | None = None,
    format_: Literal["response"] | None = None,
) -> Value:
    """Sends a body to a URL and gives the answer: objects and arrays go as JSON, text as text, binary as it is.

    ATTACH gives headers, ON the seconds to wait; FORMAT "response" is that of FETCH.
    """
    from oql.remote.requests import sent

    return _ask(run, at, sent(run, "POST", body, attach), on, whole=format_ is not None)


def _ask(run: Run, url: str, request: "Sent", on: float | None, *, whole: bool) -> Value:
    """What a URL answers: the value of a good answer, or whatever answer as an object."""
    from oql.remote import call, good, value_of
    from oql.remote.calls import SECONDS

    seconds = SECONDS if on is None else checked(on, Code.NET_TIMEOUT)
    plain = url[:5].lower() == "http:"
    response = call(
        run, request.method, url, headers=request.headers, body=request.body, seconds=seconds, plain=plain
    )  # fmt: skip
    if not whole:
        return value_of(run, good(response, _WHOLE))
    body = value_of(run, response, as_text=True)
    return {"status": response.status, "headers": dict(response.headers), "body": body}


@family.verb(
    "WEBHOOK",
    examples=[
        ('PARSE JSON \'{"order": 7}\' SET ?order AFTER WEBHOOK ?order AT "https://hooks.example.com/orders"', True)
    ],
    names="AT",
    exec_class="Io",
    effect="store",
    acts=True,
)
def webhook(run: Run, payload: Any, *, at: Text) -> bool:
    """Delivers a value to a URL as JSON: queued with the step, signed, and tried again until it arrives."""
    from oql.deliveries import add_webhook
    from oql.outbound import Forbidden

    if run.context.environment.outbound is None:
        raise failed(Code.UNSUPPORTED, "this run cannot reach the network")
    try:
        url = run.context.environment.outbound.check(at).url
    except Forbidden as error:
        raise failed(Code.NET_UNREACHABLE, error.message) from None
    job, new_id, now = run.context.job_id, run.context.new_id, run.clock()
    _queue(
        run,
        Code.NET_UNREACHABLE,
        lambda frame: add_webhook(frame, job=job, url=url, payload=payload, now=now, new_id=new_id),
    )
    return True


@family.verb(
    "EMAIL",
    examples=[('EMAIL "<h1>Hello</h1>" TO "ada@example.com" WITH "News"', True)],
    failure=Code.EMAIL_FAILED,
    block="steps",
    touches="email",
    names="TO",
    exec_class="Io",
    effect="store",
    acts=True,
)
def email(run: Run, body: Text = "", *, to: Text, with_: Text) -> bool:
    """Sends a mail WITH a subject: queued with the step, and tried again until the mail server takes or refuses it.

    It is HTML when the body begins with `<`. What a block emits is the body, and not part of the result.
    """
    from oql.deliveries import add_email
    from oql.mail import mail_address, mail_subject

    if not run.context.environment.mails:
        raise failed(Code.UNSUPPORTED, "this run has no mail server", "whoever runs the server sets `smtp_url`")
    try:
        address, subject = mail_address(to), mail_subject(with_)
    except Invalid as error:
        raise failed(Code.EMAIL_FAILED, error.message) from None
    job, new_id, now = run.context.job_id, run.context.new_id, run.clock()
    _queue(
        run,
        Code.EMAIL_FAILED,
        lambda frame: add_email(frame, job=job, to=address, subject=subject, body=body, now=now, new_id=new_id),
    )
    return True


def _queue(run: Run, code: Code, add: Callable[[Frame], str]) -> None:
    """Queues a delivery, which is a call of the run; what cannot be queued fails with the code."""
    run.call_out()

    def work(frame: Frame) -> None:
        try:
            add(frame)
        except Invalid as error:
            raise failed(code, error.message) from None

    write(run, lambda frame, call: work(frame))
