"""Pages of cases: a statement, `---`, and its answer, one row as JSON to a line; an empty line ends a case.

    # what it shows
    SELECT name FROM shop.users WHERE age > $1
    $ 40
    ---
    {"name": "Bob"}

`$` has the params. Where the engine may give the rows in any order, `--- any order`. A statement that is refused:

    SELECT 1; SELECT 2
    !8 several statements

with the position in the statement, where there is one, and a part of the message.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class Case:
    """One statement and what becomes of it."""

    page: str
    line: int
    text: str
    params: list[Any]
    rows: list[dict[str, Any]] | None = None
    any_order: bool = False
    refusal: str = ""
    position: int | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def cases(page: str) -> list[Case]:
    """The cases of a page."""
    text = (FOLDER / f"{page}.txt").read_text()
    found, line = [], 1
    for block in text.split("\n\n"):
        lines = [each for each in block.strip("\n").split("\n") if not each.startswith("#")]
        if any(lines):
            found.append(_case(page, line, lines))
        line += block.count("\n") + 2
    return found


def _case(page: str, line: int, lines: list[str]) -> Case:
    end = next(place for place, each in enumerate(lines) if each.startswith(("$ ", "---", "!")))
    text, rest = "\n".join(lines[:end]), lines[end:]
    params = json.loads(f"[{rest.pop(0)[2:]}]") if rest[0].startswith("$ ") else []
    head = rest[0]
    if head.startswith("!"):
        place, _, message = head[1:].partition(" ")
        return Case(page, line, text, params, refusal=message, position=int(place) if place else None)
    return Case(page, line, text, params, [json.loads(each) for each in rest[1:]], head == "--- any order")
