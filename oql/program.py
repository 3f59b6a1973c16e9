"""A compiled program: immutable, printable, serialisable; and the way from text to one, with a cache in between."""

import contextlib
import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cachetools

from oql import ast, json, report, verbs
from oql.check import check
from oql.doubts import Doubt, warnings
from oql.errors import Code, OqlError, ProgramError, Span
from oql.limits import DEFAULT, Limits
from oql.parser import MAX_ERRORS, parse
from oql.source import Source

if TYPE_CHECKING:
    from oql.link import Code as LinkedCode
    from oql.trace import Label

FORMAT = 3
"""Version of the serialised form; a reader refuses others."""

FAIL = -1
"""Where a failure goes that nothing catches: out of the program."""

SWITCH = -2
"""Not a place: the run goes on in another program, at the place that its machine knows."""

BODY = "!BODY"
"""Under this name variables hold what a block has emitted while the step that it belongs to is called."""

STEPS = frozenset({"step", "call", "captured"})
"""The instructions of verbs: one that is only called, one that runs a program, one whose block gives its operand."""

_CACHE_BYTES = 32 * 2**20
_INLINE_STEPS = 100


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: what it does, its place in the text, and where a failure inside it goes."""

    op: str
    span: Span
    path: str
    branch: int | None
    on_error: int
    keep: int
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Program:
    """A program ready to run. Equal texts give equal programs; nothing in it changes.

    `tainted`: the variables that it may bind to values from outside.
    """

    source: Source
    code: tuple[Instruction, ...]
    depth: int = 0
    skippable: frozenset[str] = field(default=frozenset())
    tainted: frozenset[str] = field(default=frozenset())

    @cached_property
    def linked(self) -> "LinkedCode":
        """The instructions as closures, made on first use."""
        from oql.link import link

        return link(self)

    @cached_property
    def recording(self) -> "LinkedCode":
        """The same for runs with a journal."""
        from oql.link import link

        return link(self, recording=True)

    @cached_property
    def labels(self) -> dict[tuple[int, int], "Label"]:
        """What the trace shows of each place, filled by the first run that comes by."""
        return {}

    @cached_property
    def digest(self) -> str:
        """What tells its text from others."""
        return text_digest(self.source.text)

    @cached_property
    def runs_programs(self) -> bool:
        """Whether some step runs another program."""
        return any(item.op == "call" for item in self.code)

    @cached_property
    def pure_and_short(self) -> bool:
        """Whether a run is over in well under a millisecond: no loops, no waiting, few steps, no costly verbs."""
        costly = any(item.op in ("loop", "next", "transaction") for item in self.code) or len(self.code) > _INLINE_STEPS
        return not costly and all(verb.quick and not verb.waits for verb in self._verbs())

    @cached_property
    def uses_store(self) -> bool:
        """Whether some step may reach what a namespace keeps, its cache aside; a text that is run as a program may."""
        return any(item.op == "transaction" for item in self.code) or any(
            verb.runs_text or verb.family == "images" or (verb.exec_class == "Io" and verb.touches != "cache")
            for verb in self._verbs()
        )

    @cached_property
    def makes_work(self) -> bool:
        """Whether some step may leave work for later: deliveries, crons, messages, changes that are watched."""
        return any((verb.effect == "store" and verb.touches != "cache") or verb.runs_text for verb in self._verbs())

    @cached_property
    def asks_or_sends(self) -> bool:
        """Whether some step may ask a person or a model, or queue what is sent; a text run as a program may."""
        return any(
            verb.family in ("people", "models") or verb.touches == "email" or verb.runs_text or _queues_a_call(verb)
            for verb in self._verbs()
        )

    @cached_property
    def calls_out(self) -> bool:
        """Whether some step may ask other machines while it runs, or link to one; a text run as a program may."""
        return any(verb.exec_class == "Net" or verb.touches == "map" or verb.runs_text for verb in self._verbs())

    def _verbs(self) -> Iterator[Any]:
        table = verbs.table()
        return (table[item.data["verb"]] for item in self.code if item.op in STEPS)

    @property
    def effects(self) -> list[dict[str, Any]]:
        """What the steps do beyond computing, in order: class, what they read and write, hosts they call."""
        return [
            _effect(self.source, item)
            for item in self.code
            if item.op in STEPS and _is_effect(verbs.table()[item.data["verb"]])
        ]

    def to_json(self) -> bytes:
        """The program as JSON; `from_json` makes an equal one."""
        code = [
            [i.op, i.span.start, i.span.end, i.path, i.branch, i.on_error, i.keep, dict(i.data)] for i in self.code
        ]  # fmt: skip
        return json.dumps(
            {
                "format": FORMAT, "name": self.source.name, "text": self.source.text, "depth": self.depth,
                "skippable": sorted(self.skippable), "tainted": sorted(self.tainted), "code": code,
            }
        )  # fmt: skip

    @classmethod
    def from_json(cls, data: bytes) -> "Program":
        """A program from `to_json`; ValueError when it has another format version."""
        read = json.loads(data, max_depth=100_000)
        if read.get("format") != FORMAT:
            raise ValueError(f"program format {read.get('format')} is not {FORMAT}; compile the text again")
        code = tuple(
            Instruction(op, Span(start, end), path, branch, on_error, keep, data)
            for op, start, end, path, branch, on_error, keep, data in read["code"]
        )
        skippable, tainted = frozenset(read["skippable"]), frozenset(read["tainted"])
        return cls(Source(read["text"], read["name"]), code, read["depth"], skippable, tainted)


def compiled_bytes(text: str) -> int:
    """About how much memory the program of a text takes."""
    return 2_000 + 40 * len(text)


def text_digest(text: str) -> str:
    """What tells a text from others, in 32 characters."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_effect(verb: Any) -> bool:
    return verb.effect != "pure" or bool(verb.runs_text)


def _queues_a_call(verb: Any) -> bool:
    return bool(verb.touches == "url" and verb.effect == "store")


def _effect(source: Source, item: Instruction) -> dict[str, Any]:
    from oql.hosts import hosts

    verb = verbs.table()[item.data["verb"]]
    touched = [f"{verb.touches}:{_touched(verb, item)}"] if verb.touches else []
    writes = verb.effect_with(item.data["modifiers"]) in ("store", "outside")
    return {
        "step": verb.name,
        "line": source.position(item.span.start).line,
        "exec_class": verb.exec_class,
        "reads": [] if writes else touched,
        "writes": touched if writes else [],
        "hosts": hosts(verb, item.data),
    }  # fmt: skip


def _touched(verb: Any, item: Instruction) -> str:
    """What a step touches, by its full name: a table as `database.table`."""
    name = _shown(item, verb.names)
    inside = item.data["modifiers"].get(verb.inside)
    return f"{_known(inside)}.{name}" if inside else name


def _shown(item: Instruction, keyword: str) -> str:
    operand = item.data["modifiers"].get(keyword) or next(iter(item.data["operands"]), None)
    return _known(operand) if operand else "?"


def _known(operand: list[Any]) -> str:
    return str(operand[1]) if operand[0] == "value" else "?"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a text found: its tree, all static errors, and the program when there are none."""

    source: Source
    errors: tuple[OqlError, ...]
    tree: ast.Program
    program: Program | None

    @property
    def warnings(self) -> list[Doubt]:
        """What is allowed but probably not meant; none while there are errors."""
        return self.warnings_given(())

    def warnings_given(self, variables: Iterable[str]) -> list[Doubt]:
        """The warnings of a run that begins with these variables."""
        return [] if self.errors else warnings(self.tree, variables)

    def compiled(self) -> Program:
        """The program; ProgramError with all static errors where there are any."""
        if self.program is None:
            raise ProgramError(self.errors)
        return self.program

    def as_json(self) -> dict[str, Any]:
        """The answer to a check: static errors, effects of the steps, and warnings."""
        return {
            "status": "error" if self.errors else "ok",
            "errors": [report.error_json(error, self.source) for error in self.errors],
            "effects": self.program.effects if self.program else [],
            "warnings": [report.warning_json(warning, self.source) for warning in self.warnings],
        }


def inspect(text: str, name: str = "<query>", limits: Limits = DEFAULT) -> Checked:
    """Checks a text without running anything; the program is None when there are errors."""
    from oql.compile import compile_tree

    source = Source(text, name)
    if _longer_than(limits.program_bytes, text):
        message = f"the program is longer than {limits.program_bytes:,} bytes"
        return Checked(source, (OqlError(Code.LIMIT_EXCEEDED, message, Span(0, 0)),), ast.Program(), None)
    tree, errors = _read(text, limits)
    if errors:
        from oql.fixes import offer

        offer(text, errors, lambda changed, most: _read(changed, limits, most)[1])
        return Checked(source, tuple(errors), tree, None)
    code, skippable, tainted = compile_tree(tree)
    return Checked(source, (), tree, Program(source, code, tree.depth, skippable, tainted))


def static_errors(text: str, most: int = MAX_ERRORS) -> list[OqlError]:
    """The static errors of a text in the order of their places, without fixes; `most` of those of its syntax."""
    return _read(text, DEFAULT, most)[1]


def _read(text: str, limits: Limits, most: int = MAX_ERRORS) -> tuple[ast.Program, list[OqlError]]:
    tree, errors = parse(text, most)
    unread = frozenset(len(text[: error.span.start].rstrip(" \t")) for error in errors if error.span)
    return tree, sorted([*errors, *check(tree, limits.depth, unread)], key=_place)


def _longer_than(size: int, text: str) -> bool:
    return len(text) > size or (len(text) * 4 > size and len(text.encode("utf-8", "replace")) > size)


def _place(error: OqlError) -> int:
    return error.span.start if error.span else 0


def compile_text(text: str, name: str = "<query>", limits: Limits = DEFAULT) -> Program:
    """The program of a text; ProgramError with all static errors when it has any."""
    return inspect(text, name, limits).compiled()


_cache: cachetools.LRUCache[tuple[str, int, int], Program] = cachetools.LRUCache(
    _CACHE_BYTES, getsizeof=lambda program: compiled_bytes(program.source.text)
)
_lock = threading.Lock()


def cached(text: str, limits: Limits = DEFAULT) -> Program | None:
    """The compiled program of a text that was loaded before and is still kept."""
    try:  # without the lock: one that is thrown out at this moment is just not found
        return _cache[text, limits.depth, limits.program_bytes]
    except KeyError:
        return None


def load(text: str, limits: Limits = DEFAULT) -> Program:
    """The program of a text, compiled once a process; ProgramError with all static errors when it has any."""
    program = cached(text, limits)
    if program is None:
        program = compile_text(text, limits=limits)
        with _lock, contextlib.suppress(ValueError):  # one that is larger than the whole cache is not kept
            _cache[text, limits.depth, limits.program_bytes] = program
    return program
