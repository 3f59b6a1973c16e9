"""The rows of end users."""

from dataclasses import dataclass
from typing import Any

from oql.users.names import Username
from oql.values import Value
from substrate.interface import Frame, SystemTables

_SELECT = "SELECT id, username, email, confirmed, created FROM enduser"


@dataclass(frozen=True, slots=True)
class User:
    """A user as it is kept, without the password. Moments are Unix seconds; `confirmed`: None for not yet."""

    id: str
    username: str
    email: str | None
    confirmed: float | None
    created: float

    def shown(self) -> dict[str, Value]:
        """The user as programs see it; `email` only where there is one."""
        shown: dict[str, Value] = {"id": self.id, "username": self.username}
        if self.email is not None:
            shown["email"] = self.email
        return {**shown, "confirmed": self.confirmed is not None}


def add(frame: Frame, user: User, name: Username, password: str) -> bool:
    """Keeps a new user with the hash of the password; False where the name is taken. Raises QuotaExceeded."""
    frame.check_quota()
    added = frame.system(
        "INSERT INTO enduser (id, name, username, email, password, confirmed, created) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (name) DO NOTHING RETURNING id",
        *(user.id, name.key, user.username, user.email, password, user.confirmed, user.created),
    )
    return bool(added)


def password_of(reading: SystemTables, name: Username) -> tuple[str, str] | None:
    """The id of a user and the hash of the password. Raises NotFound where the namespace was never written to."""
    rows: Any = reading.system("SELECT id, password FROM enduser WHERE name = ?", name.key)
    return rows[0] if rows else None


def set_password(frame: Frame, name: Username, password: str) -> bool:
    """Another hash, which ends all sessions; False where there is no such user."""
    rows = frame.system("UPDATE enduser SET password = ? WHERE name = ? RETURNING id", password, name.key)
    for (user,) in rows:
        frame.system("DELETE FROM session WHERE enduser = ?", user)
    return bool(rows)


def confirm(frame: Frame, user: str, now: float) -> bool:
    """Notes that a user is confirmed, once; False where there is none of this id."""
    statement = "UPDATE enduser SET confirmed = COALESCE(confirmed, ?) WHERE id = ? RETURNING id"
    return bool(frame.system(statement, now, user))


def remove(frame: Frame, name: Username) -> bool:
    """Deletes a user with all sessions; False where there is none."""
    rows = frame.system("DELETE FROM enduser WHERE name = ? RETURNING id", name.key)
    for (user,) in rows:
        frame.system("DELETE FROM session WHERE enduser = ?", user)
    return bool(rows)


def listed(reading: SystemTables) -> list[User]:
    """All users, by their names. Raises NotFound where the namespace was never written to."""
    return [user(row) for row in reading.system(f"{_SELECT} ORDER BY name")]


def user(row: Any) -> User:
    """The user of a row: id, username, email, confirmed, created."""
    return User(*row)
