"""The pages for readers as the tests of this folder take them: their fenced blocks, and their tables by name.

The words on a block's fence tell what it is: `oql now=0` is a program with settings for its run, `sh run` a command
that the tests run; the next block holds what comes of it. A table that has to agree with the code stands after a
comment with its name: `<!-- table: limits -->`.
"""

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = frozenset({"docs/verbs.md", "docs/performance.md"})
"""Pages that other parts of the project make."""

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_TABLE_NAME = re.compile(r"<!-- table: (.+?) -->")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its page, the line of its fence, its language, the words behind that, and its text."""

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for messages and names of tests."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Example:
    """A block that does something, and the block behind it, which shows what comes of it."""

    block: Block
    shown: Block


def pages() -> list[str]:
    """The pages whose blocks and tables are checked here."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(name for path in found if (name := path.relative_to(ROOT).as_posix()) not in NOT_OURS)


def text_of(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [_block(page, token) for token in _tokens(page) if token.type == "fence"]


def examples(page: str, *kinds: str) -> list[Example]:
    """The blocks of a page that begin with one of the kinds (`oql`, `sh run`), each with the block after it."""
    nothing = Block(page, 0, "", (), "")
    return [
        Example(block, shown)
        for block, shown in pairwise([*blocks(page), nothing])
        if block.language in kinds or " ".join([block.language, *block.words]) in kinds
    ]


def tables(page: str) -> dict[str, list[list[str]]]:
    """The named tables of a page: the cells of each row as they are written, without the head."""
    found: dict[str, list[list[str]]] = {}
    name = cell = ""
    rows: list[list[str]] = []
    for token in _tokens(page):
        if token.type == "html_block" and (match := _TABLE_NAME.search(token.content)):
            name = match[1]
        elif token.type == "table_open":
            rows = found.setdefault(name, []) if name else []
            name = ""
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_close", "td_close"):
            rows[-1].append(cell)
        elif token.type == "inline":
            cell = token.content
    return {name: rows[1:] for name, rows in found.items()}


def named_tables(page: str) -> list[str]:
    """The names of the tables that a page announces."""
    return _TABLE_NAME.findall(text_of(page))


def _tokens(page: str) -> list[Token]:
    return _MARKDOWN.parse(text_of(page))


def _block(page: str, token: Token) -> Block:
    language, *words = shlex.split(token.info) or [""]
    start = token.map[0] + 1 if token.map else 0
    return Block(page, start, language, tuple(words), token.content)
