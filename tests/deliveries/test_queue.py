"""The states of a delivery: queued, claimed, tried again at growing distances, given up, sent off once more."""

from itertools import count

import pytest

from oql.deliveries import Delivery, Verdict, add_email, add_webhook, claim, listed, record, redeliver
from oql.jobs.pruning import prune
from substrate.errors import Invalid
from substrate.interface import Frame, Namespace

URL = "https://example.com/hook"
_numbers = count(1)


def new_id(version: int) -> str:
    """Ids in order."""
    return f"{version}-{next(_numbers):06}"


def queue(namespace: Namespace, now: float = 100.0, job: str = "j") -> str:
    """Queues a webhook."""
    return namespace.write(lambda frame: add_webhook(frame, job=job, url=URL, payload={"n": 1}, now=now, new_id=new_id))


def only(namespace: Namespace) -> Delivery:
    """The one delivery of the job `j`."""
    [delivery] = listed(namespace, "j")
    return delivery


def claimed(namespace: Namespace, now: float, until: float, most: int = 9) -> list[str]:
    """The ids of what is claimed."""
    return [one.id for one in namespace.write(lambda frame: claim(frame, now, until, most))]


def noted(namespace: Namespace, delivery: str, at: float, verdict: Verdict, ms: int = 0) -> float | None:
    """Records an attempt that took so many milliseconds; when the next one is due."""
    return namespace.write(lambda frame: record(frame, delivery, {"at": at, "ms": ms}, verdict))


def test_a_webhook_is_queued(namespace: Namespace) -> None:
    made = queue(namespace)
    delivery = only(namespace)
    assert (delivery.id, delivery.kind, delivery.target, delivery.payload) == (made, "webhook", URL, {"n": 1})
    assert (delivery.state, delivery.attempts, delivery.created, delivery.due) == ("pending", (), 100.0, 100.0)


def test_a_namespace_that_was_never_made_has_none(namespace: Namespace) -> None:
    assert listed(namespace, "j") == []


def test_they_are_listed_for_each_job_in_order(namespace: Namespace) -> None:
    first, _, second = queue(namespace, 2.0), queue(namespace, 1.0, "other"), queue(namespace, 2.0)
    assert [delivery.id for delivery in listed(namespace, "j")] == [first, second]
    assert [delivery.id for delivery in listed(namespace, "nobody")] == []


def test_what_fails_after_it_takes_it_back(namespace: Namespace) -> None:
    def work(frame: Frame) -> None:
        add_webhook(frame, job="j", url=URL, payload={}, now=1.0, new_id=new_id)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        namespace.write(work)
    assert listed(namespace, "j") == []


def test_a_webhook_has_a_size(namespace: Namespace) -> None:
    with pytest.raises(Invalid, match="more than the 1,048,576 that are sent"):
        namespace.write(lambda frame: add_webhook(frame, job="j", url=URL, payload="a" * 2**20, now=1.0, new_id=new_id))


def test_what_is_due_is_claimed_once(namespace: Namespace) -> None:
    due, later = queue(namespace, 100.0), queue(namespace, 200.0)
    assert claimed(namespace, 99.0, 150.0) == []
    assert claimed(namespace, 100.0, 150.0) == [due]
    assert claimed(namespace, 149.0, 199.0) == []
    # Whoever claimed it has died: it is due again.
    assert claimed(namespace, 150.0, 210.0) == [due]
    assert claimed(namespace, 210.0, 300.0, 1) == [later]


def test_the_delays_are_those_of_standard_webhooks(namespace: Namespace) -> None:
    made, now, waits = queue(namespace, 0.0), 0.0, []
    while True:
        assert claimed(namespace, now, now + 90) == [made]
        due = noted(namespace, made, now, "again")
        if due is None:
            break
        waits.append(due - now)
        now = due
    hour = 3600
    assert waits == [5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]
    assert (only(namespace).state, only(namespace).due, len(only(namespace).attempts)) == ("failed", None, 10)


def test_a_delay_begins_where_an_attempt_ends(namespace: Namespace) -> None:
    made = queue(namespace)
    assert noted(namespace, made, 100.0, "again", ms=20_000) == 125.0
    assert noted(namespace, made, 125.0, "again", ms=500) == 425.5


def test_what_arrived_is_tried_no_more(namespace: Namespace) -> None:
    made = queue(namespace)
    assert noted(namespace, made, 100.0, "delivered", ms=3) is None
    assert (only(namespace).state, only(namespace).due) == ("delivered", None)
    assert only(namespace).attempts == ({"at": 100, "ms": 3},)


def test_a_late_failure_does_not_undo_an_arrival(namespace: Namespace) -> None:
    made = queue(namespace)
    verdicts: tuple[Verdict, ...] = ("delivered", "again")
    for verdict in verdicts:
        noted(namespace, made, 100.0, verdict)
    assert (only(namespace).state, only(namespace).due, len(only(namespace).attempts)) == ("delivered", None, 2)


def test_what_cannot_succeed_is_given_up_at_once(namespace: Namespace) -> None:
    made = queue(namespace)
    assert noted(namespace, made, 100.0, "hopeless") is None
    assert only(namespace).state == "failed"


@pytest.mark.parametrize("verdict", ["delivered", "hopeless"])
def test_it_is_sent_off_once_more(namespace: Namespace, verdict: Verdict) -> None:
    made = queue(namespace)
    noted(namespace, made, 100.0, verdict)
    assert namespace.write(lambda frame: redeliver(frame, made, 500.0))
    assert (only(namespace).state, only(namespace).due) == ("pending", 500.0)
    # All attempts are there again.
    assert noted(namespace, made, 500.0, "again") == 505.0
    assert [set(one) for one in only(namespace).attempts] == [{"at", "ms"}, {"at", "redelivered"}, {"at", "ms"}]


def test_what_is_on_its_way_stays_so(namespace: Namespace) -> None:
    made = queue(namespace)
    assert namespace.write(lambda frame: redeliver(frame, made, 500.0))
    assert (only(namespace).due, only(namespace).attempts) == (100.0, ())


def test_nothing_is_redelivered_that_is_not_there(namespace: Namespace) -> None:
    assert not namespace.write(lambda frame: redeliver(frame, "msg_none", 1.0))
    assert noted(namespace, "msg_none", 1.0, "again") is None


# mails


def test_a_mail_is_queued(namespace: Namespace) -> None:
    namespace.write(
        lambda frame: add_email(
            frame, job="j", to="ada@Bücher.example", subject="Hi", body="<p>", now=1.0, new_id=new_id
        )
    )
    delivery = only(namespace)
    assert (delivery.kind, delivery.target) == ("email", "ada@xn--bcher-kva.example")
    assert delivery.payload == {"subject": "Hi", "body": "<p>"}


ADDRESSES = [
    *("", "ada", "@example.com", "ada@", "ada@@example.com", "a@b@example.com", "ada @example.com", "ada@exa mple.com"),
    *("ada@example.com\r\nBcc: eve@example.com", "ada@example.com\nX: 1", "ada\r@example.com", "\nada@example.com"),
    *("ada@example.com\x00", "Ada <ada@example.com>", "ada@example.com, eve@example.com", "ada@example.com;eve@b.org"),
    *("ada@127.0.0.1", "ada@[127.0.0.1]", "ada@0x7f.1", ".ada@example.com", "ada.@example.com", '"a b"@example.com'),
    *(
        "ada@-example.com",
        "ada@example..com",
        "a" * 65 + "@example.com",
        "ada%00@exa_$mple.com",
        "\u00e4da@example.com",
    ),
    "ada@example.com\u2028Bcc: eve@example.com",
]


@pytest.mark.parametrize("to", ADDRESSES)
def test_an_address_is_one_address(namespace: Namespace, to: str) -> None:
    with pytest.raises(Invalid, match="expected one mail address"):
        namespace.write(lambda frame: add_email(frame, job="j", to=to, subject="s", body="b", now=1.0, new_id=new_id))


@pytest.mark.parametrize("subject", ["a\r\nBcc: e@b.org", "a\nb", "a\rb", "\x00", "a\u2028b", "\x85", "a" * 999])
def test_a_subject_is_one_line(namespace: Namespace, subject: str) -> None:
    with pytest.raises(Invalid, match="the subject of a mail"):
        namespace.write(
            lambda frame: add_email(frame, job="j", to="a@b.org", subject=subject, body="", now=1.0, new_id=new_id)
        )


def test_what_runs_have_sent_that_nobody_remembers_is_forgotten(namespace: Namespace) -> None:
    """A run that was over at once has no row of its own for long; deliveries on their way stay."""
    sent, _, _ = queue(namespace, 10.0), queue(namespace, 20.0), queue(namespace, 90.0)
    noted(namespace, sent, 11.0, "delivered")
    assert [one.created for one in listed(namespace, "j")] == [10.0, 20.0, 90.0]
    namespace.write(lambda frame: prune(frame, 100.0, 95.0))
    assert [one.created for one in listed(namespace, "j")] == [10.0, 20.0, 90.0]
    namespace.write(lambda frame: prune(frame, 100.0, 50.0))
    assert [one.created for one in listed(namespace, "j")] == [20.0, 90.0]
