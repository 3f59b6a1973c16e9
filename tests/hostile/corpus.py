"""Reads the page of programs that mean harm."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).with_name("programs.oqlt")

_REPEATED = re.compile(r"<<(\d+) \* ([^>]*)>>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A program and how it may end: error codes, `ok`, `job`, `suspended`."""

    title: str
    program: str
    endings: frozenset[str]


def programs() -> list[Hostile]:
    """Every program of the page."""
    return [_read(section) for section in re.split(r"(?m)^={10}\n", PAGE.read_text("utf-8"))[1:]]


def _read(section: str) -> Hostile:
    title, _, rest = section.partition("\n")
    program, _, endings = rest.partition("\n---\n")
    assert title.startswith("# "), title
    assert endings.strip(), title
    whole = _REPEATED.sub(lambda match: match[2] * int(match[1]), program)
    return Hostile(title[2:], whole, frozenset(endings.split()))
