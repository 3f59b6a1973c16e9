"""Reads the corpus: pages of cases, each a program with the outcome that the language demands (format: README.md)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from oql.errors import Code
from oql.limits import Limits

FOLDER = Path(__file__).parent
_SEPARATOR = re.compile(r"={10,}")
_FAILURE = re.compile(r"(?P<code>\w+)(?: at (?P<place>\d+:\d+))?(?: (?P<message>.+))?")
_LIMITS = frozenset(limit.name for limit in fields(Limits))
_CODES = frozenset(code.value for code in Code)


class CorpusError(ValueError):
    """A case that does not follow the format; the message begins with file and line."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a case sets before its program runs; `choice` is `one-of` or `matches` when the result may vary.

    `warnings` are places at which the check of the program must warn, `elsewhere` programs that run before it in
    another namespace of the same store, `answers` what people answer, in turn, each time that the run is suspended,
    `models` what the language model answers. `site`: the run is that of a site, and the result its page.
    """

    request: dict[str, str] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    now: int | None = None
    seed: int | None = None
    choice: str = ""
    warnings: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    answers: tuple[Any, ...] = ()
    models: tuple[Any, ...] = ()
    may_sideload: bool = False
    site: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that must come: its code, its `line:column` unless left open, and texts its parts must contain.

    The part of a text is `message`, `hint`, or `says` for either of them.
    """

    code: str
    place: str | None = None
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """The outcome a case demands: `results` (any of these JSON texts), a `pattern`, or `failures`.

    `complete` says that the failures are all there are; `trace` is None where none is asked for.
    """

    results: tuple[str, ...] = ()
    pattern: str | None = None
    failures: tuple[Failure, ...] = ()
    complete: bool = False
    trace: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case with its place in the corpus."""

    path: Path
    line: int
    title: str
    marks: Marks
    program: str
    expected: Expected

    @property
    def name(self) -> str:
        """The name of the case in a test report."""
        return f"{self.path.stem}:{self.line} {self.title}"


@dataclass(slots=True)
class _Lines:
    """The lines of one section, read from the top; the numbers of their places in the file."""

    path: Path
    number: int
    rest: list[str]

    def wrong(self, message: str) -> CorpusError:
        return CorpusError(f"{self.path.name}:{self.number}: {message}")

    def take(self) -> str:
        self.number += 1
        return self.rest.pop(0)

    def until_dashes(self) -> "_Lines":
        """The lines up to the next `---`, which is passed over."""
        end = self.rest.index("---") if "---" in self.rest else len(self.rest)
        taken = _Lines(self.path, self.number, self.rest[:end])
        self.number += end + 1
        self.rest = self.rest[end + 1 :]
        return taken


def cases() -> list[Case]:
    """Every case of the corpus, in the order in which a newcomer reads them."""
    return [case for path in sorted(FOLDER.glob("*.oqlt")) for case in read(path.read_text("utf-8"), path)]


def read(text: str, path: Path) -> Iterator[Case]:
    """The cases of one page; CorpusError at the first that does not follow the format."""
    head, *sections = _sections(text, path)
    if not head.rest or not head.rest[0].startswith("# ") or any(line[:1] not in ("#", "") for line in head.rest):
        raise head.wrong("a page begins with its title, `# Title`, and lines of prose that begin with #")
    if not sections:
        raise head.wrong("a page has no case")
    for section in sections:
        yield _case(section)


def _sections(text: str, path: Path) -> list[_Lines]:
    sections = [_Lines(path, 1, [])]
    for number, line in enumerate(text.rstrip("\n").split("\n"), 1):
        if _SEPARATOR.fullmatch(line):
            sections.append(_Lines(path, number + 1, []))
        else:
            sections[-1].rest.append(line)
    return sections


def _case(lines: _Lines) -> Case:
    start = lines.number
    if not lines.rest or not lines.rest[0].startswith("# "):
        raise lines.wrong("a case begins with a line `# what it shows`")
    title = lines.take()[2:].strip()
    marks = _marks(lines)
    if "---" not in lines.rest:
        raise lines.wrong("a case has a line `---` between its program and its outcome")
    program = "\n".join(lines.until_dashes().rest)
    if not program.strip():
        raise lines.wrong("a case has a program above `---`")
    return Case(lines.path, start, title, marks, program, _expected(lines, marks))


def _marks(lines: _Lines) -> Marks:
    request: dict[str, str] = {}
    limits: dict[str, float] = {}
    variables: dict[str, Any] = {}
    texts: dict[str, list[str]] = {"@warning": [], "@elsewhere": []}
    others: dict[str, list[Any]] = {"@answer": [], "@model": []}
    single: dict[str, Any] = {}
    while lines.rest and lines.rest[0].startswith("@"):
        mark, _, value = lines.rest[0].partition(" ")
        match mark:
            case "@request":
                request.update([_pair(lines, value)])
            case "@limit":
                name, amount = _pair(lines, value)
                if name not in _LIMITS:
                    raise lines.wrong(f"`{name}` is not a limit; there are {', '.join(sorted(_LIMITS))}")
                limits[name] = _json(lines, amount)
            case "@var":
                name, bound = _pair(lines, value)
                variables[name] = _json(lines, bound)
            case "@warning" | "@elsewhere":
                texts[mark].append(value)
            case "@answer" | "@model":
                others[mark].append(_json(lines, value))
            case "@now" | "@seed":
                single[mark[1:]] = _json(lines, value)
            case "@one-of" | "@matches":
                single["choice"] = mark[1:]
            case "@may" if value == "sideload":
                single["may_sideload"] = True
            case "@trace" | "@site":
                single[mark[1:]] = True
            case _:
                raise lines.wrong(f"`{mark}` is not a mark")
        lines.take()
    single.pop("trace", None)
    single |= {"warnings": tuple(texts["@warning"]), "elsewhere": tuple(texts["@elsewhere"])}
    single |= {"answers": tuple(others["@answer"]), "models": tuple(others["@model"])}
    return Marks(request, limits, variables, **single)


def _pair(lines: _Lines, text: str) -> tuple[str, str]:
    name, equals, value = text.partition(" = ")
    if not equals:
        raise lines.wrong("this mark needs `name = value`")
    return name.strip(), value


def _expected(lines: _Lines, marks: Marks) -> Expected:
    outcome = lines.until_dashes()
    trace = tuple(line for line in lines.rest if line) if lines.rest else None
    first = outcome.rest[0] if outcome.rest else ""
    if first.startswith("error "):
        return Expected(failures=(_error(outcome),), trace=trace)
    if first == "errors":
        outcome.take()
        return Expected(failures=tuple(_failure(outcome, line) for line in outcome.rest), complete=True, trace=trace)
    text = "\n".join(outcome.rest).strip()
    if marks.choice == "matches":
        return Expected(pattern=text, trace=trace)
    value = _json(outcome, text)
    if marks.choice == "one-of" and not isinstance(value, list):
        raise outcome.wrong("@one-of needs an array of the permitted results")
    permitted = value if marks.choice == "one-of" else [value]
    return Expected(results=tuple(canonical(one) for one in permitted), trace=trace)


def _error(lines: _Lines) -> Failure:
    failure = _failure(lines, lines.take().removeprefix("error "))
    if failure.texts:
        raise lines.wrong("write `error CODE` or `error CODE at LINE:COLUMN`")
    texts = []
    for line in lines.rest:
        part, _, text = line.partition(": ")
        if part not in ("message", "hint", "says") or not text:
            raise lines.wrong("after an error come lines `message: text`, `hint: text` or `says: text`")
        texts.append((part, text))
    return Failure(failure.code, failure.place, tuple(texts))


def _failure(lines: _Lines, line: str) -> Failure:
    found = _FAILURE.fullmatch(line)
    if not found or found["code"] not in _CODES:
        raise lines.wrong(f"`{line}` is not `CODE at LINE:COLUMN` with a code of the language")
    texts = (("message", found["message"]),) if found["message"] else ()
    return Failure(found["code"], found["place"], texts)


def _json(lines: _Lines, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise lines.wrong(f"`{text}` is not JSON: {error}") from None


def canonical(value: Any) -> str:
    """JSON in the one form in which results are compared: `1` and `1.0` differ, and so does the order of keys."""
    return json.dumps(value, ensure_ascii=False)
