"""Verbs that leave the machine.

WEBHOOK and EMAIL queue what a worker delivers, in the step's own transaction. This build only declares the others, so
that programs that use them parse and check.
"""

from collections.abc import Callable
from typing import Literal

from oql.deliveries import add_email, add_webhook
from oql.errors import Code, failed
from oql.mail import mail_address, mail_subject
from oql.outbound import Forbidden
from oql.tables.access import write
from oql.values import Value
from oql.verbs.declare import Any, Family, Number, Object, Run, Text
from substrate.errors import Invalid
from substrate.interface import Frame

family = Family(
    "network",
    "Network",
    failure=Code.NET_UNREACHABLE,
    exec_class="Net",
    options={"effect": "outside", "touches": "url", "needs": "access to the network"},
)


@family.verb("FETCH")
def fetch(
    url: Text,
    *,
    as_: Text = "GET",
    with_: Any = None,
    attach: Object | None = None,
    on: Number | None = None,
    format_: Literal["response"] | None = None,
) -> Value:
    """Fetches a URL: JSON as its value, text, or binary, by content type.

    AS names the method, WITH gives the body, ATTACH headers, ON the seconds to wait. FORMAT "response"
    gives an object of status, headers and body whatever the status is.
    """


@family.verb("POST", names="AT")
def post(body: Any, *, at: Text, attach: Object | None = None) -> Value:
    """Sends a body to a URL and gives the answer."""


@family.verb(
    "WEBHOOK",
    examples=[
        ('PARSE JSON \'{"order": 7}\' SET ?order AFTER WEBHOOK ?order AT "https://hooks.example.com/orders"', True)
    ],
    names="AT",
    exec_class="Io",
    effect="store",
    needs="",
    quick=False,
    acts=True,
)
def webhook(run: Run, payload: Any, *, at: Text) -> bool:
    """Delivers a value to a URL as JSON: queued with the step, signed, and tried again until it arrives."""
    if run.context.outbound is None:
        raise failed(Code.UNSUPPORTED, "this run cannot reach the network")
    try:
        url = run.context.outbound.check(at).url
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
    needs="",
    quick=False,
    acts=True,
)
def email(run: Run, body: Text = "", *, to: Text, with_: Text) -> bool:
    """Sends a mail WITH a subject: queued with the step, and tried again until the mail server takes or refuses it.

    It is HTML when the body begins with `<`. A block that emits the body is not served yet.
    """
    if not run.context.mails:
        raise failed(Code.UNSUPPORTED, "this run has no mail server")
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
