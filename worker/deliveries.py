"""Sends the webhooks and mails of a namespace that are due, each by itself, and notes what came of it."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Protocol
from urllib.parse import urlsplit

from oql.context import report_fault
from oql.deliveries import Delivery, Verdict, claim, record, renew
from oql.outbound import Outbound, OutboundError
from oql.settings import Settings
from substrate.errors import NotFound, StoreError
from substrate.interface import Namespace
from worker.mail import Mailer, MailError
from worker.signing import signed, webhook_secret

WEBHOOK_SECONDS = 20.0
LEASE_SECONDS = 6.0
"""How long a delivery is left alone whose sender gives no sign of life."""
RENEW_SECONDS = 1.5
AT_ONCE = 16
TURN_SECONDS = 5.0
_ANSWER_BYTES = 64 * 1024
_GONE = 410

_log = logging.getLogger("oql.worker")


class Mails(Protocol):
    """What mails are handed to."""

    def send(self, mail: Delivery) -> int:
        """Hands one mail over, and gives the status of the answer. Raises MailError."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of one attempt."""

    verdict: Verdict
    status: int | None = None
    error: str = ""


class Deliverer:
    """Sends what is due. Safe to share between threads; several processes may do this for one namespace.

    secret: what the webhooks of a namespace are signed with; mailer: None where mails cannot be sent. elapsed: seconds
    on a clock that only measures.
    """

    def __init__(
        self,
        outbound: Outbound,
        mailer: Mails | None,
        secret: Callable[[str], str],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbound = outbound
        self._mailer = mailer
        self._secret = secret
        self._elapsed = elapsed

    def deliver_due(self, namespace: Namespace, now: float) -> None:
        """Makes one attempt at what was due in a namespace at `now`; takes no more of it after a while."""
        began = self._elapsed()
        while (passed := self._elapsed() - began) < TURN_SECONDS:
            at = now + passed
            taken = self._claimed(namespace, now, at)
            if not taken:
                return
            self._deliver_all(namespace, at, taken)

    def _claimed(self, namespace: Namespace, now: float, at: float) -> list[Delivery]:
        try:
            if not namespace.system("SELECT 1 FROM delivery WHERE due <= ? LIMIT 1", now):
                return []
        except NotFound:
            return []
        return namespace.write(lambda frame: claim(frame, now, at + LEASE_SECONDS, AT_ONCE))

    def _deliver_all(self, namespace: Namespace, at: float, taken: list[Delivery]) -> None:
        """Makes an attempt at each, all at once; while that lasts, nobody else does."""
        began, kept = time.monotonic(), at + LEASE_SECONDS
        with ThreadPoolExecutor(len(taken), "deliver") as pool:
            sending = {pool.submit(self._deliver, namespace, at, one): one.id for one in taken}
            while left := wait(sending, RENEW_SECONDS).not_done:
                until = at + time.monotonic() - began + LEASE_SECONDS
                if _renew(namespace, [sending[one] for one in left], kept, until):
                    kept = until
        for one in sending:
            one.result()

    def _deliver(self, namespace: Namespace, now: float, delivery: Delivery) -> None:
        began = self._elapsed()
        came = self._sent(namespace.name, delivery, now)
        attempt: dict[str, Any] = {"at": now, "ms": round((self._elapsed() - began) * 1_000)}
        if came.status is not None:
            attempt["status"] = came.status
        if came.error:
            attempt["error"] = came.error
        due = namespace.write(lambda frame: record(frame, delivery.id, attempt, came.verdict))
        if came.verdict != "delivered":
            _log.warning(
                "%s %s of job %s to %s: %s; %s",
                *(delivery.kind, delivery.id, delivery.job, _shown(delivery), came.error, _next(due)),
            )

    def _sent(self, namespace: str, delivery: Delivery, now: float) -> Attempted:
        try:
            return self._call(namespace, delivery, now) if delivery.kind == "webhook" else self._mail(delivery)
        except Exception as fault:  # noqa: BLE001 - one that we cannot send must not hold up the others
            return Attempted("again", error=f"internal fault {report_fault(fault)}")

    def _call(self, namespace: str, delivery: Delivery, now: float) -> Attempted:
        headers = signed(self._secret(namespace), delivery.id, now, delivery.body)
        headers |= {"content-type": "application/json", "idempotency-key": delivery.id, "user-agent": "oql-webhooks"}
        try:
            status = self._outbound.request(
                "POST",
                delivery.target,
                headers=headers,
                body=delivery.body.encode(),
                seconds=WEBHOOK_SECONDS,
                most_bytes=_ANSWER_BYTES,
                redirects=0,
            ).status
        except OutboundError as error:
            if error.status is None:
                return Attempted("again", error=error.message)
            status = error.status  # it has answered, whatever becomes of the rest
        if 200 <= status < 300:
            return Attempted("delivered", status)
        return Attempted("hopeless" if status == _GONE else "again", status, f"answered {status}")

    def _mail(self, delivery: Delivery) -> Attempted:
        if self._mailer is None:
            return Attempted("again", error="this server has no mail server: set `smtp_url` and `mail_from`")
        try:
            return Attempted("delivered", self._mailer.send(delivery))
        except MailError as error:
            return Attempted("hopeless" if error.hopeless else "again", error.status, str(error))


def _renew(namespace: Namespace, sending: list[str], before: float, until: float) -> bool:
    """As `oql.deliveries.renew`; False where that cannot be written now."""
    try:
        namespace.write(lambda frame: renew(frame, sending, before, until))
    except StoreError as error:
        _log.warning("deliveries of %s may be made twice: %s", namespace.name, error.message)
        return False
    return True


def open_deliverer(settings: Settings, outbound: Outbound) -> Deliverer:
    """What the settings say of mails and secrets, at work."""
    mailer = Mailer(settings.smtp_url, settings.mail_from) if settings.smtp_url and settings.mail_from else None
    return Deliverer(outbound, mailer, cache(partial(webhook_secret, settings.data)))


def _shown(delivery: Delivery) -> str:
    """The target as log lines may name it: paths and queries of URLs can be secrets, addresses of people are theirs."""
    if delivery.kind == "webhook":
        return urlsplit(delivery.target).hostname or "?"
    return delivery.target.rpartition("@")[2]


def _next(due: float | None) -> str:
    if due is None:
        return "given up"
    return f"tried next at {datetime.fromtimestamp(due, UTC).isoformat(timespec='seconds')}"
