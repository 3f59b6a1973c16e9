"""Conversations that lead to a chain, kept while a person answers the model's questions."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from oql import json
from substrate.interface import Frame, SystemTables

SECONDS = 600.0
"""How long a conversation is kept after its last use."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side has said."""

    role: Literal["user", "assistant"]
    text: str


_ID = re.compile(r"gen-[0-9a-f]{24}")


def new_id() -> str:
    """An id that nobody can guess."""
    return f"gen-{secrets.token_hex(12)}"


def find(tables: SystemTables, session: str, now: float) -> list[Turn] | None:
    """What was said in a conversation, None where there is none, or no longer."""
    if not _ID.fullmatch(session):
        return None
    rows = tables.system("SELECT turns FROM chain_session WHERE id = ? AND used > ?", session, now - SECONDS)
    return [Turn(**turn) for turn in json.loads(str(rows[0][0]))] if rows else None


def keep(frame: Frame, session: str, turns: Sequence[Turn], now: float) -> None:
    """Keeps a conversation as it is now, and forgets those whose time is over."""
    frame.system("DELETE FROM chain_session WHERE used <= ?", now - SECONDS)
    frame.system(
        "INSERT INTO chain_session (id, turns, used) VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET turns = excluded.turns, used = excluded.used",
        session, json.dumps([asdict(turn) for turn in turns]).decode(), now,
    )  # fmt: skip


def forget(frame: Frame, session: str) -> None:
    """Ends a conversation."""
    frame.system("DELETE FROM chain_session WHERE id = ?", session)
