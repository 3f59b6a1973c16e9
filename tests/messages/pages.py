"""Reads the pages of messages: each case a program with mistakes, what is said of it, and the program put right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
NAME = "program"
"""What the program is called in the pictures of its errors."""

_SEPARATOR = re.compile(r"(?m)^={10}\n")
_ESCAPE = re.compile(r"<U\+([0-9A-F]{4,6})>")


@dataclass(frozen=True, slots=True)
class Case:
    """A case: `said` are the pictures of all errors and warnings; `fixed`: with all fixes, where it then parses."""

    page: str
    line: int
    title: str
    program: str
    said: str
    fixed: str | None

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line} {self.title}"


def cases(pattern: str = "[0-9]*.oqlt") -> list[Case]:
    """Every case of the pages whose file names match, in their order."""
    return [case for path in sorted(FOLDER.glob(pattern)) for case in _cases(path)]


def _cases(path: Path) -> Iterator[Case]:
    head, *sections = _SEPARATOR.split(path.read_text("utf-8"))
    line = head.count("\n") + 1
    for section in sections:
        title, _, rest = section.partition("\n")
        while rest.startswith("# better:"):
            rest = rest.partition("\n")[2]
        program, said, *fixed = (plain(part).rstrip("\n") for part in re.split(r"(?m)^---\n", rest))
        assert title.startswith("# "), f"{path.name}:{line}"
        assert len(fixed) < 2, f"{path.name}:{line}"
        yield Case(path.stem, line + 1, title[2:], program, said, fixed[0] if fixed else None)
        line += section.count("\n") + 1


def plain(text: str) -> str:
    """The text with the characters for which `<U+200B>` and its kin stand."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
