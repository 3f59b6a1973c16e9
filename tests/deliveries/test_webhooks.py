"""Webhooks to a real server: signature, outcome by status, dead receivers, two deliverers at once."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from oql.deliveries import Delivery, add_webhook, listed, redeliver, renew
from oql.local import new_id
from oql.outbound import Outbound
from substrate.errors import Unavailable
from substrate.interface import Frame, Namespace, Store
from tests.http.running import until
from tests.outbound.servers import Answer, Asked, Web, raw
from worker.deliveries import Deliverer
from worker.signing import webhook_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAYLOAD = {"type": "job.complete", "job_id": "j", "status": "complete", "result": "ü", "error": None, "timestamp": 1}


def deliverer(outbound: Outbound, clock: Callable[[], float] = lambda: 0.0) -> Deliverer:
    """One on a clock that stands still."""
    return Deliverer(outbound, None, lambda namespace: SECRET, clock)


def queue(namespace: Namespace, url: str, now: float = 100.0) -> str:
    """Queues a webhook."""
    return namespace.write(lambda frame: add_webhook(frame, job="j", url=url, payload=PAYLOAD, now=now, new_id=new_id))


def only(namespace: Namespace) -> Delivery:
    """The one delivery."""
    [delivery] = listed(namespace, "j")
    return delivery


def test_a_webhook_arrives_signed(namespace: Namespace, web: Web, outbound: Outbound) -> None:
    made, now = queue(namespace, f"{web.url}/hook?a=b"), time.time()
    deliverer(outbound).deliver_due(namespace, now)
    [asked] = web.asked
    assert (asked.method, asked.path) == ("POST", "/hook?a=b")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["webhook-id"] == asked.headers["idempotency-key"] == made
    assert asked.headers["webhook-timestamp"] == str(int(now))
    assert Webhook(SECRET).verify(asked.body, asked.headers) == PAYLOAD
    delivery = only(namespace)
    assert (delivery.state, delivery.due) == ("delivered", None)
    assert delivery.attempts == ({"at": now, "ms": 0, "status": 200},)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_a_changed_webhook_is_not_verified(namespace: Namespace, web: Web, outbound: Outbound, header: str) -> None:
    queue(namespace, web.url)
    deliverer(outbound).deliver_due(namespace, time.time())
    [asked] = web.asked
    changed = {"webhook-id": "msg_other", "webhook-timestamp": str(int(time.time()) - 100)}
    for headers, body in (
        ({**asked.headers, header: changed[header]}, asked.body),
        (asked.headers, asked.body + b" "),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, headers)


def test_each_namespace_has_a_secret(tmp_path: Path, store: Store) -> None:
    ada, eve = webhook_secret(tmp_path, "user_ada"), webhook_secret(tmp_path, "user_eve")
    assert ada == webhook_secret(tmp_path, "user_ada")
    assert ada.startswith("whsec_")
    assert len({ada, eve, webhook_secret(tmp_path / "..", "user_ada")}) == 3


@pytest.mark.parametrize(
    ("status", "state", "due"),
    [(200, "delivered", None), (204, "delivered", None), (299, "delivered", None), (410, "failed", None)]
    + [(status, "pending", 105.0) for status in (301, 307, 400, 401, 404, 409, 429, 500, 503)],
)
def test_the_status_decides(
    namespace: Namespace, web: Web, outbound: Outbound, status: int, state: str, due: float | None
) -> None:
    web.answers["/"] = Answer(status, {"Location": "/elsewhere"})
    queue(namespace, web.url)
    deliverer(outbound).deliver_due(namespace, 100.0)
    delivery = only(namespace)
    assert (delivery.state, delivery.due, delivery.attempts[0]["status"]) == (state, due, status)
    assert [asked.path for asked in web.asked] == ["/"]


def test_it_is_tried_again_until_it_arrives(namespace: Namespace, web: Web, outbound: Outbound) -> None:
    answers = iter([500, 503, 200])
    web.answers["/"] = lambda asked: Answer(next(answers))
    queue(namespace, web.url)
    sender = deliverer(outbound)
    for now in (99.0, 100.0, 104.0, 105.0, 404.0, 405.0, 9_999.0):
        sender.deliver_due(namespace, now)
    assert [(one["at"], one["status"]) for one in only(namespace).attempts] == [(100, 500), (105, 503), (405, 200)]
    assert len({asked.headers["webhook-id"] for asked in web.asked}) == 1
    assert [asked.headers["webhook-timestamp"] for asked in web.asked] == ["100", "105", "405"]


def test_a_dead_receiver_is_told_in_the_log(
    namespace: Namespace, outbound: Outbound, caplog: pytest.LogCaptureFixture
) -> None:
    made = queue(namespace, "http://127.0.0.1:9/secret-path?token=x")
    with caplog.at_level(logging.WARNING, "oql.worker"):
        deliverer(outbound).deliver_due(namespace, 100.0)
    assert caplog.messages == [
        f"webhook {made} of job j to 127.0.0.1: `127.0.0.1` does not answer on port 9; "
        "tried next at 1970-01-01T00:01:45+00:00"
    ]
    assert only(namespace).attempts == ({"at": 100, "ms": 0, "error": "`127.0.0.1` does not answer on port 9"},)


def test_a_place_that_is_not_public_is_never_called(namespace: Namespace, web: Web) -> None:
    queue(namespace, f"https://127.0.0.1:{web.port}/")
    with_nothing_allowed = Outbound()
    deliverer(with_nothing_allowed).deliver_due(namespace, 100.0)
    assert web.asked == []
    assert only(namespace).attempts[0]["error"].startswith("`127.0.0.1` is not a public host")


def test_a_long_answer_is_an_answer(namespace: Namespace, web: Web, outbound: Outbound) -> None:
    web.answers["/"] = Answer(200, {}, bytes(2**20))
    queue(namespace, web.url)
    deliverer(outbound).deliver_due(namespace, 100.0)
    assert only(namespace).state == "delivered"


def test_a_receiver_that_breaks_off_is_tried_again(namespace: Namespace) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)

    with raw(talk) as at:
        outbound = Outbound([at])
        queue(namespace, f"http://{at}/")
        deliverer(outbound).deliver_due(namespace, 100.0)
        outbound.close()
    assert only(namespace).due == 105.0


HEAD = b"HTTP/1.1 %d OK\r\nContent-Length: 10\r\n\r\nhalf"
PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nhalf"


@pytest.mark.parametrize(
    ("answer", "stays", "state", "status"),
    [
        (HEAD % 200, False, "delivered", 200),
        (HEAD % 202, True, "delivered", 202),
        (PACKED, False, "delivered", 200),
        (HEAD % 503, False, "pending", 503),
        (HEAD % 410, True, "failed", 410),
    ],
)
def test_the_status_counts_whatever_becomes_of_the_body(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, answer: bytes, stays: bool, state: str, status: int
) -> None:
    """A body that breaks off, or never ends."""
    monkeypatch.setattr("worker.deliveries.WEBHOOK_SECONDS", 0.5)
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)
        if stays:
            over.wait(30)

    with raw(talk) as at:
        outbound = Outbound([at])
        queue(namespace, f"http://{at}/")
        deliverer(outbound).deliver_due(namespace, 100.0)
        over.set()
        outbound.close()
    assert (only(namespace).state, [one["status"] for one in only(namespace).attempts]) == (state, [status])


def test_it_is_redelivered_under_the_same_id(namespace: Namespace, web: Web, outbound: Outbound) -> None:
    made = queue(namespace, web.url)
    sender = deliverer(outbound)
    sender.deliver_due(namespace, 100.0)
    assert namespace.write(lambda frame: redeliver(frame, made, 500.0))
    sender.deliver_due(namespace, 500.0)
    assert [asked.headers["webhook-id"] for asked in web.asked] == [made, made]
    assert only(namespace).state == "delivered"


def test_one_dead_receiver_does_not_hold_up_the_others(namespace: Namespace, web: Web, outbound: Outbound) -> None:
    arrived = threading.Event()

    def wait(asked: Asked) -> Answer:
        return Answer(200 if arrived.wait(5) else 500)

    def arrive(asked: Asked) -> Answer:
        arrived.set()
        return Answer()

    web.answers["/waits"], web.answers["/arrives"] = wait, arrive
    for path in ("/waits", "/arrives"):
        queue(namespace, web.url + path)
    deliverer(outbound).deliver_due(namespace, 100.0)
    assert [one.state for one in listed(namespace, "j")] == ["delivered", "delivered"]


def test_many_deliverers_send_each_once(namespace: Namespace, web: Web, outbound: Outbound) -> None:
    made = {queue(namespace, web.url) for _ in range(40)}
    threads = [threading.Thread(target=deliverer(outbound).deliver_due, args=(namespace, 100.0)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked.headers["webhook-id"] for asked in web.asked) == sorted(made)
    assert {one.state for one in listed(namespace, "j")} == {"delivered"}


def test_what_takes_long_to_send_is_left_alone_meanwhile(
    namespace: Namespace, web: Web, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.deliveries.RENEW_SECONDS", 0.05)
    called, may_answer = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Answer:
        called.set()
        assert may_answer.wait(60)
        return Answer()

    web.answers["/slow"] = slow
    began = time.time()
    queue(namespace, web.url + "/slow", now=began)
    sender = threading.Thread(target=deliverer(outbound).deliver_due, args=(namespace, began))
    sender.start()
    assert called.wait(10)
    for _ in range(3):
        before = only(namespace).due or 0.0
        until(lambda: (only(namespace).due or 0.0) > before, 10)  # noqa: B023 - called at once
        deliverer(outbound).deliver_due(namespace, time.time())
    may_answer.set()
    sender.join()
    assert len(web.asked) == 1
    assert only(namespace).state == "delivered"


def test_a_sign_of_life_that_cannot_be_given_is_followed_by_others(
    namespace: Namespace, web: Web, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.deliveries.RENEW_SECONDS", 0.05)
    may_answer, failed = threading.Event(), threading.Event()

    def fail_once(frame: Frame, sending: Sequence[str], before: float, until: float) -> None:
        if not failed.is_set():
            failed.set()
            raise Unavailable("busy")
        renew(frame, sending, before, until)

    monkeypatch.setattr("worker.deliveries.renew", fail_once)
    web.answers["/slow"] = lambda asked: Answer(200 if may_answer.wait(60) else 500)
    began = time.time()
    queue(namespace, web.url + "/slow", now=began)
    sender = threading.Thread(target=deliverer(outbound).deliver_due, args=(namespace, began))
    sender.start()
    assert failed.wait(10)
    before = only(namespace).due or 0.0
    until(lambda: (only(namespace).due or 0.0) > before, 10)
    may_answer.set()
    sender.join()
    assert only(namespace).state == "delivered"


def test_nothing_is_done_in_a_namespace_that_was_never_made(namespace: Namespace, outbound: Outbound) -> None:
    deliverer(outbound).deliver_due(namespace, 100.0)
    assert not namespace.exists()


def test_the_time_that_passes_counts(namespace: Namespace, outbound: Outbound) -> None:
    ticks = iter([0.0, 2.0, 2.0, 3.5, 3.5, 3.5])
    queue(namespace, "http://127.0.0.1:9/")
    deliverer(outbound, lambda: next(ticks)).deliver_due(namespace, 100.0)
    assert only(namespace).attempts[0]["at"] == 102
    assert only(namespace).attempts[0]["ms"] == 1_500
    assert only(namespace).due == 108.5
