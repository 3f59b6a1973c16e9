"""Slowing down those who guess passwords of end users.

Wrong passwords are counted by the name that was given, known or not, as a digest: people type passwords into the wrong
field. After `FREE` of them in a row each further one doubles the pause before the next attempt; meanwhile passwords
are not looked at. A right one forgets them, and so does an hour without a wrong one.

Programs do not tell from where somebody signs in, so a stranger who goes on guessing can keep a user waiting.
"""

import hashlib
from math import ceil

from oql.errors import Code, failed
from oql.passwords import LONGEST_WAIT_S, wait_after
from substrate.interface import Frame, SystemTables

FREE = 5
FORGOTTEN_AFTER_S = 3_600.0


def check(reading: SystemTables, name: str, now: float) -> None:
    """Raises AuthFailed while the name has to wait, and NotFound where the namespace was never written to."""
    rows = reading.system("SELECT until FROM attempt WHERE name = ?", _digest(name))
    wait = float(rows[0][0] or 0) - now if rows else 0.0
    if 0 < wait <= LONGEST_WAIT_S:  # longer: the clock was set back since
        message = "there were too many wrong passwords for this username"
        raise failed(Code.AUTH_FAILED, message, f"try again in {ceil(wait)} s")


def wrong(frame: Frame, name: str, now: float) -> None:
    """Counts a wrong password."""
    frame.system("DELETE FROM attempt WHERE last < ?", now - FORGOTTEN_AFTER_S)
    rows = frame.system("SELECT failures FROM attempt WHERE name = ?", _digest(name))
    failures = 1 + (int(rows[0][0] or 0) if rows else 0)
    frame.system(
        "INSERT INTO attempt (name, failures, last, until) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "failures = excluded.failures, last = excluded.last, until = excluded.until",
        *(_digest(name), failures, now, now + wait_after(failures, FREE)),
    )


def forget(frame: Frame, name: str) -> None:
    """Forgets the wrong passwords of a name."""
    frame.system("DELETE FROM attempt WHERE name = ?", _digest(name))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
