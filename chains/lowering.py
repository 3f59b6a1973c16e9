"""From the text of a chain to what runs: its model, and a program whose one graph has a task for each step."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import cachetools

from chains import document
from chains.check import dependencies
from chains.document import Document
from chains.problems import told
from chains.spec import Chain, Step
from oql.errors import Code, OqlError, Span
from oql.program import FAIL, Instruction, Program, text_digest
from oql.source import Source

_KEPT_BYTES = 32 * 2**20
_BYTES_PER_CHARACTER = 30


class ChainRefused(OqlError):
    """A text that cannot run, or inputs that do not fit; message and hint are for whoever gave it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(Code.CHAIN_FAILED, message, hint=hint)
        self.message = message  # however long it is


@dataclass(frozen=True)
class Lowered:
    """A chain that can run, or a pipeline, whose entries are its steps."""

    chain: Chain
    text: str
    program: Program

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each step by its id."""
        return {step.id: number for number, step in enumerate(self.chain.steps)}


def _read_pipeline(text: str) -> Document:
    from chains.pipelines import document as pipelines

    return pipelines.read(text)


_READERS: dict[str, Callable[[str], Document]] = {"chain": document.read, "pipeline": _read_pipeline}
_kept: cachetools.LRUCache[tuple[str, str, str], Lowered] = cachetools.LRUCache(
    _KEPT_BYTES, getsizeof=lambda lowered: 10_000 + _BYTES_PER_CHARACTER * len(lowered.text)
)


def lowered(kind: str, name: str, text: str) -> Lowered:
    """The chain, or pipeline, of a text, read once a process. Raises ChainRefused with all that is wrong with it."""
    key = kind, name, text_digest(text)
    found = _kept.get(key)
    if found is None:
        read = _READERS[kind](text)
        if read.chain is None:
            raise ChainRefused(told(kind, name, read.problems.errors))
        found = Lowered(read.chain, text, _program(read.chain, name, text, read))
        try:
            _kept[key] = found
        except (ValueError, KeyError):  # larger than all that is kept; or two threads at once
            return found
    return found


def _program(chain: Chain, name: str, text: str, read: Document) -> Program:
    needed = dependencies(chain.steps)
    numbers = {step.id: number for number, step in enumerate(chain.steps)}
    needs = [[numbers[each] for each in needed[step.id]] for step in chain.steps]
    lines = _starts(text)
    tasks = [_task(number, step, _span(read, lines, number)) for number, step in enumerate(chain.steps)]
    whole = Span(0, 0)
    graph = Instruction("graph", whole, "", None, FAIL, 0, {"needs": needs})
    halt = Instruction("halt", whole, "", None, FAIL, 0, {})
    return Program(Source(text, name), (graph, *tasks, halt))


def _task(number: int, step: Step, span: Span) -> Instruction:
    return Instruction("task", span, str(number + 1), None, FAIL, 0, {"name": step.id, "verb": step.type.upper()})


def _starts(text: str) -> list[int]:
    """Where each line of a text begins; behind them its length."""
    return [0, *accumulate(len(each) for each in text.splitlines(keepends=True))]


def _span(read: Document, lines: list[int], number: int) -> Span:
    """Where a step stands in the text."""
    found = read.problems.place(("steps", number)) or read.problems.place(("chains", number))
    if not found:
        return Span(0, 0)
    line, column = found
    start = lines[min(line, len(lines)) - 1] + column - 1
    return Span(start, min(start + 1, lines[-1]))
