"""Webhooks and mails on their way: rows in the table `delivery`, queued in the transaction of what they tell of.

    pending --an attempt succeeds--> delivered --redeliver--> pending
       |  \\--an attempt fails: due again, later each time
       \\--the last of them fails, or one that cannot succeed--> failed --redeliver--> pending

Whoever sends them (`worker/deliveries.py`) claims those that are due by moving their time ahead, again and again while
it sends, so that none is sent twice at once, and one whose sender died is soon due again. All times are Unix seconds
and arguments.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from oql import json
from oql.mail import mail_address, mail_subject
from oql.values import to_json
from substrate.errors import Invalid, NotFound
from substrate.interface import Cell, Frame, Namespace, Row

DELAYS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds from the end of each failed attempt to the next, the first being made at once (Standard Webhooks 1.0)."""
MOST_WEBHOOK_BYTES = 2**20
MOST_MAIL_BYTES = 10 * 2**20
_MOST_ATTEMPTS_KEPT = 100

Kind = Literal["webhook", "email"]
Verdict = Literal["delivered", "again", "hopeless"]
"""What an attempt has come to: arrived, to be made again later, or never to succeed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one target.

    target: a URL, or a mail address; body: JSON text that is sent as it is, or of mails `{"subject", "body"}`;
    state: "pending", "delivered" or "failed"; attempts: `{at, status?, error?, ms}` each, and `{at, redelivered: true}`
    where it was sent off once more; due: when it is tried next.
    """

    id: str
    job: str
    kind: Kind
    target: str
    body: str
    state: str
    attempts: tuple[Mapping[str, Any], ...]
    created: float
    due: float | None

    @property
    def payload(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)

    def as_json(self) -> dict[str, Any]:
        """The delivery as people may see it, without its body."""
        return {
            "id": self.id,
            "kind": self.kind,
            "target": self.target,
            "state": self.state,
            "attempts": list(self.attempts),
            "created_at": self.created,
            "due_at": self.due,
        }


# queueing


def add_webhook(frame: Frame, *, job: str, url: str, payload: Any, now: float, new_id: Callable[[int], str]) -> str:
    """Queues a call of a URL with JSON, and gives its id. The caller has checked the URL. Raises Invalid: its size."""
    return _add(frame, "webhook", job, url, to_json(payload), MOST_WEBHOOK_BYTES, now, new_id)


def add_email(
    frame: Frame, *, job: str, to: str, subject: str, body: str, now: float, new_id: Callable[[int], str]
) -> str:
    """Queues a mail, and gives its id. Raises Invalid: the address, the subject, the size."""
    address = mail_address(to)
    payload = to_json({"subject": mail_subject(subject), "body": body})
    return _add(frame, "email", job, address, payload, MOST_MAIL_BYTES, now, new_id)


def _add(
    frame: Frame,
    kind: Kind,
    job: str,
    target: str,
    payload: bytes,
    most: int,
    now: float,
    new_id: Callable[[int], str],
) -> str:
    if len(payload) > most:
        raise Invalid(f"the {kind} has {len(payload):,} bytes, more than the {most:,} that are sent")
    delivery = f"msg_{new_id(7)}"
    values: tuple[Cell, ...] = (delivery, job, kind, target, payload.decode(), "pending", "[]", now, now)
    frame.system(
        "INSERT INTO delivery (id, job, kind, target, payload, state, attempts, created, due) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *values,
    )
    return delivery


# looking, sending again


def listed(namespace: Namespace, job: str) -> list[Delivery]:
    """The deliveries of a job, in the order in which they were queued."""
    try:
        rows = namespace.system(
            "SELECT id, job, kind, target, payload, state, attempts, created, due FROM delivery "
            "WHERE job = ? ORDER BY created, id",
            job,
        )
    except NotFound:
        return []
    return [_read(row) for row in rows]


def redeliver(frame: Frame, delivery: str, now: float) -> bool:
    """Sends the delivery with this id off once more, under the same id; False where there is none.

    One that is on its way stays so.
    """
    found = frame.system("SELECT state, attempts FROM delivery WHERE id = ?", delivery)
    if not found:
        return False
    state, attempts = found[0]
    if state != "pending":
        noted = _with(attempts, {"at": now, "redelivered": True})
        frame.system("UPDATE delivery SET state = 'pending', attempts = ?, due = ? WHERE id = ?", noted, now, delivery)
    return True


# sending


def claim(frame: Frame, now: float, until: float, most: int) -> list[Delivery]:
    """Takes deliveries that are due, and sees to it that nobody else takes them before `until`."""
    rows = frame.system(
        "UPDATE delivery SET due = ? WHERE id IN (SELECT id FROM delivery WHERE due <= ? ORDER BY due, id LIMIT ?) "
        "RETURNING id, job, kind, target, payload, state, attempts, created, due",
        until,
        now,
        most,
    )
    return sorted(map(_read, rows), key=lambda delivery: (delivery.created, delivery.id))


def renew(frame: Frame, sending: Sequence[str], before: float, until: float) -> None:
    """Keeps others from what is being sent until then, where nobody has taken it since it was kept `before`."""
    for delivery in sending:
        frame.system("UPDATE delivery SET due = ? WHERE id = ? AND due = ?", until, delivery, before)


def record(frame: Frame, delivery: str, attempt: Mapping[str, Any], verdict: Verdict) -> float | None:
    """Notes an attempt, and what follows from it: gives when the next one is due, None where there is none."""
    found = frame.system("SELECT state, attempts FROM delivery WHERE id = ?", delivery)
    if not found:
        return None
    state, noted = found[0][0], _with(found[0][1], attempt)
    due: float | None = None
    if state == "pending":
        state, due = _after(verdict, _tries(noted), attempt["at"] + attempt["ms"] / 1_000)
    frame.system("UPDATE delivery SET state = ?, attempts = ?, due = ? WHERE id = ?", state, noted, due, delivery)
    return due


def _after(verdict: Verdict, tries: int, ended: float) -> tuple[str, float | None]:
    """The state that an attempt leaves, and when the next one is due."""
    if verdict == "delivered":
        return "delivered", None
    if verdict == "hopeless" or tries > len(DELAYS):
        return "failed", None
    return "pending", ended + DELAYS[tries - 1]


def _tries(attempts: str) -> int:
    """How many attempts were made since the delivery was last sent off."""
    noted = json.loads(attempts)
    return next((back for back, one in enumerate(reversed(noted)) if "redelivered" in one), len(noted))


def _with(attempts: Cell, one: Mapping[str, Any]) -> str:
    noted = [*json.loads(str(attempts)), dict(one)]
    return json.dumps(noted[-_MOST_ATTEMPTS_KEPT:]).decode()


def _read(row: Row) -> Delivery:
    name, job, kind, target, body, state, attempts, created, due = cast(Any, row)
    return Delivery(name, job, kind, target, body, state, tuple(json.loads(attempts)), created, due)
