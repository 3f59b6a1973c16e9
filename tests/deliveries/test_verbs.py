"""WEBHOOK and EMAIL in programs: queued with the step or the transaction, refused before anything is queued."""

from typing import Any

import pytest

from oql import engine
from oql.context import Environment
from oql.deliveries import Delivery, listed
from oql.local import local_context
from oql.outbound import Outbound
from oql.program import load
from substrate.interface import Namespace


def run(namespace: Namespace, text: str, *, outbound: Outbound | None = None, mails: bool = False) -> engine.Outcome:
    """How a program ends that runs as the job `j`."""
    context = local_context(store=namespace, job_id="j")
    context.environment = Environment(outbound, mails)
    return engine.run(load(text), context)


def queued(namespace: Namespace) -> list[Delivery]:
    """What the job has queued."""
    return listed(namespace, "j")


def error(outcome: engine.Outcome) -> tuple[str, str]:
    """The code and message of the error that the run must have ended with."""
    assert outcome.error is not None, outcome.result
    return str(outcome.error.code), outcome.error.message


def test_webhook_queues_json(namespace: Namespace) -> None:
    text = """PARSE JSON '{"n": 1, "of": ["a", null]}' SET ?v
    WEBHOOK ?v AT "HTTPS://Hooks.Example.com:443/x?a=b" SET ?r AFTER EMIT ?r"""
    outcome = run(namespace, text, outbound=Outbound())
    assert (outcome.error, outcome.result) == (None, True)
    [delivery] = queued(namespace)
    assert (delivery.kind, delivery.target, delivery.state) == ("webhook", "https://hooks.example.com/x?a=b", "pending")
    assert delivery.payload == {"n": 1, "of": ["a", None]}
    assert delivery.due == delivery.created


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.com/", "expected a URL with https, found http"),
        ("https://127.0.0.1/", "`127.0.0.1` is not a public host; whoever runs the server may allow it"),
        ("https://0x7f.1/", "`0x7f.1` is an address in an odd form; write it as `192.0.2.1`"),
        ("hello", "expected a URL such as `https://example.com/path`, at most 8,192 characters without spaces"),
    ],
)
def test_webhook_is_refused_before_it_is_queued(namespace: Namespace, url: str, message: str) -> None:
    outcome = run(namespace, f'WEBHOOK "x" AT "{url}"', outbound=Outbound())
    assert error(outcome) == ("NetUnreachable", message)
    assert queued(namespace) == []


def test_a_program_can_go_on_after_a_refusal(namespace: Namespace) -> None:
    outcome = run(namespace, 'WEBHOOK "x" AT "https://localhost/" OR EMIT !ERROR(code)', outbound=Outbound())
    assert outcome.result == "NetUnreachable"


def test_a_webhook_has_a_size(namespace: Namespace) -> None:
    text = 'REPLICATE "a" WITH 1100000 SET ?v AFTER WEBHOOK ?v AT "https://example.com/"'
    code, message = error(run(namespace, text, outbound=Outbound()))
    assert (code, message) == (
        "NetUnreachable",
        "the webhook has 1,100,002 bytes, more than the 1,048,576 that are sent",
    )


def test_email_queues_a_mail(namespace: Namespace) -> None:
    outcome = run(namespace, 'EMAIL "<p>Hi" TO "ada@example.com" WITH "News" SET ?r AFTER EMIT ?r', mails=True)
    assert (outcome.error, outcome.result) == (None, True)
    [delivery] = queued(namespace)
    assert (delivery.kind, delivery.target) == ("email", "ada@example.com")
    assert delivery.payload == {"subject": "News", "body": "<p>Hi"}


@pytest.mark.parametrize(
    ("to", "subject", "message"),
    [
        ("ada", "s", "expected one mail address such as `ada@example.com`, found `ada`"),
        ("a@b.org\\r\\nBcc: eve@b.org", "s", "expected one mail address such as `ada@example.com`, found "),
        ("a@b.org", "s\\r\\nBcc: eve@b.org", "the subject of a mail has to be one line without control characters"),
        ("a@b.org", "s\\nX", "the subject of a mail has to be one line without control characters"),
    ],
)
def test_headers_cannot_be_smuggled_in(namespace: Namespace, to: str, subject: str, message: str) -> None:
    code, told = error(run(namespace, f'EMAIL "b" TO "{to}" WITH "{subject}"', mails=True))
    assert code == "EmailFailed"
    assert told.startswith(message)
    assert queued(namespace) == []


UNSUPPORTED: list[tuple[str, dict[str, Any], str]] = [
    ('WEBHOOK "x" AT "https://example.com/"', {}, "this run cannot reach the network"),
    ('EMAIL "x" TO "a@b.org" WITH "s"', {}, "this run has no mail server"),
]


@pytest.mark.parametrize(("text", "options", "message"), UNSUPPORTED)
def test_what_a_run_has_not_is_unsupported(
    namespace: Namespace, text: str, options: dict[str, Any], message: str
) -> None:
    assert error(run(namespace, text, **options)) == ("Unsupported", message)


@pytest.mark.parametrize(("end", "count"), [("", 1), ('AFTER CAST "x" AS "number"', 0)])
def test_a_transaction_takes_its_webhooks_with_it(namespace: Namespace, end: str, count: int) -> None:
    text = f'TRANSACTION OPEN NEST WEBHOOK "x" AT "https://example.com/" {end} CLOSE NEST OR EMIT "undone"'
    outcome = run(namespace, text, outbound=Outbound())
    assert outcome.error is None
    assert outcome.result == (None if count else "undone")
    assert len(queued(namespace)) == count
