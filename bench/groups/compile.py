"""From the text of a program to something that can run, and from the cache."""

from collections.abc import Callable, Iterable
from itertools import count

from bench.figures import Row, Unit, at_most, figure
from bench.rounds import Side, compared, in_turns, once
from bench.texts import program_text
from oql import grammar
from oql.check import check
from oql.compile import compile_tree
from oql.limits import DEFAULT
from oql.parser import parse
from oql.program import Program, compile_text, load
from oql.source import Source

SIZES = {"100 B": 100, "1 kB": 1_000, "10 kB": 10_000, "100 kB": 100_000}
_LARK = "Lark alone, lexer and parser"
_BYTES_A_ROUND = 20_000
_CACHED = 2_000
_seeds = count(1)


def _unseen(size: int) -> list[str]:
    """Programs that nothing has seen yet, so many that they take a while."""
    return [program_text(size, next(_seeds)) for _ in range(max(1, _BYTES_A_ROUND // size))]


def _lark(size: int) -> Side:
    """The limit: the grammar and lexer of the language, and no actions but Lark's own tree."""
    lark = grammar.load("oql", grammar.declared_terminals(), lexer="contextual")
    return lambda: once(_unseen(size), lark.parse)


@figure(
    "compile",
    "a program that was never seen, from its text to closures: parse, check, compile and link",
    at_most(3e-3, Unit.SECONDS, "1 kB"),
)
def compile_(rounds: int) -> Iterable[Row]:
    """One row for each size, beside Lark alone."""
    for name, size in SIZES.items():
        yield from compared(rounds, name, _compiles_unseen(size), {_LARK: _lark(size)})


def _compiles_unseen(size: int) -> Side:
    return lambda: once(_unseen(size), _to_closures)


def _to_closures(text: str) -> object:
    return compile_text(text).linked


@figure("compile-stages", "the stages of that, one by one, for a program of 1 kB")
def stages(rounds: int) -> Iterable[Row]:
    """One row for each stage, beside Lark alone."""
    found = in_turns(
        rounds, {"parse": _parses, "check": _checks, "compile": _compiles, "link": _links, _LARK: _lark(1_000)},
        Unit.SECONDS,
    )  # fmt: skip
    limit = found.pop(_LARK)
    return [Row(name, sample, _LARK, limit) for name, sample in found.items()]


def _parses() -> float:
    return once(_unseen(1_000), parse)


def _checks() -> float:
    return once([parse(text)[0] for text in _unseen(1_000)], lambda tree: check(tree, DEFAULT.depth))


def _compiles() -> float:
    return once([parse(text)[0] for text in _unseen(1_000)], compile_tree)


def _links() -> float:
    trees = {text: parse(text)[0] for text in _unseen(1_000)}
    programs = [
        Program(Source(text), code, tree.depth, skippable)
        for text, tree in trees.items()
        for code, skippable, _ in [compile_tree(tree)]
    ]
    return once(programs, lambda program: program.linked)


@figure(
    "program-cache",
    "a program that this process knows, found by a text that has just arrived",
    at_most(10e-6, Unit.SECONDS, "1 kB"),
)
def program_cache(rounds: int) -> Iterable[Row]:
    """One row for each size, beside a bare dict."""
    for name, size in SIZES.items():
        text = program_text(size, next(_seeds))
        kept = {text: load(text)}
        yield from compared(rounds, name, _finds(text, load), {"a dict": _finds(text, kept.get)})


def _finds(text: str, look_up: Callable[[str], object]) -> Side:
    return lambda: once(_copies(text), look_up)


def _copies(text: str) -> list[str]:
    """The text anew each time: Python keeps the hash of a text it has hashed before."""
    raw = text.encode()
    return [raw.decode() for _ in range(_CACHED)]
