"""Sessions of end users: a token of 256 random bits behind a prefix, kept as its hash, that ends after a fixed time.

A plain SHA-256 is enough: nobody guesses 256 bits. It is the primary key, so that comparing tells nothing of a token
either. A token that was refreshed or ended is forgotten, and so it is like one that never was.
"""

import base64
import hashlib
import re
from typing import cast

from oql.users.names import Username
from oql.users.records import User, user
from oql.values import Value
from substrate.interface import Frame, SystemTables

PREFIX = "ous_"
SECRET_BYTES = 32
MOST_SESSIONS = 100
"""Sessions of one user; a further one ends the oldest."""

_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_LIVE = "FROM session JOIN enduser ON enduser.id = session.enduser WHERE session.token = ? AND session.ends > ?"


def token_of(secret: bytes) -> str:
    """The token of `SECRET_BYTES` that nobody can guess."""
    return PREFIX + base64.urlsafe_b64encode(secret).decode().rstrip("=")


def begin(frame: Frame, token: str, user_id: str, now: float, seconds: float) -> None:
    """Keeps a session for so many seconds; those that are over go, and the oldest where the user has too many.

    A full namespace keeps it too: a user has only so many, and its owner may be on the way to delete something.
    """
    frame.system("DELETE FROM session WHERE ends <= ?", now)
    frame.system(
        "DELETE FROM session WHERE token IN "
        "(SELECT token FROM session WHERE enduser = ? ORDER BY created DESC, token LIMIT ? OFFSET ?)",
        *(user_id, MOST_SESSIONS, MOST_SESSIONS - 1),
    )
    frame.system(
        "INSERT INTO session (token, enduser, created, ends) VALUES (?, ?, ?, ?)",
        *(_hashed(token), user_id, now, now + seconds),
    )


def found(reading: SystemTables, token: Value, now: float) -> User | None:
    """Whose session a token is. Raises NotFound where the namespace was never written to."""
    if not is_token(token):
        return None
    fields = "enduser.id, enduser.username, enduser.email, enduser.confirmed, enduser.created"
    rows = reading.system(f"SELECT {fields} {_LIVE}", _hashed(token), now)
    return user(rows[0]) if rows else None


def end(frame: Frame, token: Value, now: float) -> str | None:
    """Ends a session: the id of its user, None where there was none."""
    if not is_token(token):
        return None
    rows = frame.system("DELETE FROM session WHERE token = ? RETURNING enduser, ends", _hashed(token))
    return str(rows[0][0]) if rows and cast(float, rows[0][1]) > now else None


def end_all(frame: Frame, name: Username, now: float) -> int:
    """Ends all sessions of a user; how many there were."""
    ended = frame.system(
        "DELETE FROM session WHERE enduser IN (SELECT id FROM enduser WHERE name = ?) RETURNING ends", name.key
    )
    return sum(cast(float, ends) > now for (ends,) in ended)


def is_token(value: Value) -> bool:
    """Whether a value has the form of a token."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
