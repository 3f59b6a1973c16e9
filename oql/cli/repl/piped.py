"""A dialogue without a terminal: programs divided by empty lines, commands on lines of their own."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from oql.tokens import unfinished

if TYPE_CHECKING:
    from oql.cli.repl.dialogue import Dialogue


def read_all(dialogue: "Dialogue", lines: Iterable[str]) -> None:
    """Takes every input until the lines or the dialogue end."""
    for text in inputs(lines):
        dialogue.take(text)
        if dialogue.ended:
            return


def inputs(lines: Iterable[str]) -> Iterator[str]:
    """The inputs in some lines. An empty line inside an open block, text or chain ends nothing."""
    kept: list[str] = []
    for line in lines:
        if line.startswith(":") and not kept:
            yield line
        elif line.strip() or (kept and unfinished("".join(kept))):
            kept.append(line)
        elif kept:
            yield "".join(kept)
            kept = []
    if kept:
        yield "".join(kept)
