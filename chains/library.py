"""The texts of chains and pipelines that a namespace keeps by name.

`about` is what lists show of a text, worked out when it is saved, so that a list reads no text again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from oql import json
from substrate.interface import Frame, Row, SystemTables

Kind = Literal["chain", "pipeline"]
LONGEST_NAME = 200
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A text that is kept. `about`: {"description"?, "version"?, "stepCount"}, or of pipelines "chainCount"."""

    kind: Kind
    name: str
    text: str
    about: dict[str, Any]


def is_name(name: str) -> bool:
    """Whether a text may be kept under this name."""
    return bool(_NAME.fullmatch(name)) and ".." not in name


def kind_of(value: object) -> Kind:
    """What the value of a text describes: with `chains` and without `steps` a pipeline, else a chain."""
    return "pipeline" if isinstance(value, dict) and "chains" in value and "steps" not in value else "chain"


def about(description: str, version: str, **counts: int) -> dict[str, Any]:
    """What lists show of a text."""
    given = {"description": description, "version": version}
    return {name: text for name, text in given.items() if text} | counts


def save(frame: Frame, kind: Kind, name: str, text: str, now: float, about: Mapping[str, Any]) -> None:
    """Keeps a text, also in place of one of that name."""
    frame.system(
        "INSERT INTO chain (kind, name, text, saved, about) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (kind, name) DO UPDATE SET text = excluded.text, saved = excluded.saved, about = excluded.about",
        kind, name, text, now, json.dumps(dict(about)).decode(),
    )  # fmt: skip


def find(tables: SystemTables, kind: Kind, name: str) -> Saved | None:
    """The text of a name."""
    rows = tables.system("SELECT kind, name, text, about FROM chain WHERE kind = ? AND name = ?", kind, name)
    return _saved(rows[0]) if rows else None


def listed(tables: SystemTables, kind: Kind) -> list[Saved]:
    """All texts of a kind by name; the texts themselves are left out."""
    rows = tables.system("SELECT kind, name, '', about FROM chain WHERE kind = ? ORDER BY name", kind)
    return sorted(map(_saved, rows), key=lambda saved: saved.name)


def delete(frame: Frame, kind: Kind, name: str) -> bool:
    """Forgets a text; False where there is none. Runs of it go on."""
    return bool(frame.system("DELETE FROM chain WHERE kind = ? AND name = ? RETURNING name", kind, name))


def _saved(row: Row) -> Saved:
    kind, name, text, about = row
    return Saved(kind, name, text, json.loads(str(about)))  # type: ignore[arg-type] # as the table has them
