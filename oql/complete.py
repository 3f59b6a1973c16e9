"""What may be typed next: words, names and choices for a place in a program, from the grammar and the declarations."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oql import verbs
from oql.conditions import NULL_TESTS, OPERATORS
from oql.parser import parser
from oql.people.answers import KINDS
from oql.system import SYSTEM
from oql.tokens import read
from oql.verbs.declare import Verb

_SIGNED = re.compile(r"([?!])(\w*)$")
_WORDS = re.compile(r"[A-Za-z][\w-]*(?:\s+[A-Za-z][\w-]*)*$")
_QUOTED = re.compile(r"([\"'`])([^\"'`\\\n]*)$")
_VARIABLE = re.compile(r"\?([A-Za-z_]\w*)")
_KEYWORD = re.compile(r"(?:[A-Z]+|true|false|null)(?:\\s\+[A-Z]+)*(?=\\b)")
_BARE = re.compile(r"[a-z_][A-Za-z0-9_]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to type: `text` takes the place of everything from `start` on; `help` says what it is."""

    text: str
    start: int
    help: str = ""


def candidates(text: str, variables: Iterable[str] = ()) -> list[Candidate]:
    """What may stand at the end of `text`; `variables` are names known besides those in the text."""
    signed = _SIGNED.search(text)
    if signed and _Place(text[: signed.start()]).readable:
        return list(_names(text, signed, variables))
    quoted = _QUOTED.search(text)
    if quoted:
        place = _Place(text[: quoted.start()])
        if place.readable:
            return [
                Candidate(f"{quoted[1]}{choice}{quoted[1]}", quoted.start())
                for choice in place.choices()
                if choice.startswith(quoted[2])
            ]
    return _words(text)


def verb_help(verb: Verb) -> str:
    """One line about a verb."""
    return verb.doc.partition("\n")[0]


def _names(text: str, typed: re.Match[str], variables: Iterable[str]) -> Iterator[Candidate]:
    """Variables behind `?`, system variables behind `!`."""
    if typed[1] == "!":
        known = {name: variable.doc for name, variable in SYSTEM.items()}
    else:
        known = dict.fromkeys(sorted({*variables, *_VARIABLE.findall(text[: typed.start()])}), "")
    for name, help_ in known.items():
        if name.startswith(typed[2] if typed[1] == "?" else typed[2].upper()):
            yield Candidate(f"{typed[1]}{name}", typed.start(), help_)


def _words(text: str) -> list[Candidate]:
    """Words of the language. The last words of the text may be the beginning of one that has several: `NEW AR`."""
    typed = _WORDS.search(text)
    starts = [typed.start() + word.start() for word in re.finditer(r"\S+", typed[0])] if typed else [len(text)]
    for start in starts:
        place = _Place(text[:start])
        wanted = " ".join(text[start:].split())
        if not place.readable:
            continue
        found = [
            Candidate(word, start, help_)
            for word, help_ in place.words()
            if (word if word[0].islower() else word.casefold()).startswith(wanted.casefold())
        ]
        if found:
            return found
    return []


class _Place:
    """A place in a program, told by what stands before it."""

    def __init__(self, before: str) -> None:
        reading = read(before)
        self.tokens = reading.tokens
        self.accepted = reading.accepted
        self.readable = reading.broken_at is None

    def words(self) -> Iterator[tuple[str, str]]:
        """Every word that may follow, with help: a modifier's choices, or what carries the step on, then verbs."""
        if "KIND" in self.accepted:
            yield from ((kind, "") for kind in KINDS)
            return
        choices = self.choices()
        if choices:
            yield from ((choice if _BARE.fullmatch(choice) else f'"{choice}"', "") for choice in choices)
            return
        carried_on = {*self._modifiers(), *self._comparisons(), *self._keywords()}
        yield from ((word, "") for word in sorted(carried_on))
        if "VERB" in self.accepted:
            yield from ((name, verb_help(verb)) for name, verb in verbs.table().items())

    def choices(self) -> tuple[str, ...]:
        """What the modifier that stands last chooses from."""
        verb = self._verb()
        word = self.tokens[-1].written if self.tokens else ""
        return verb.modifiers[word].kind.choices if verb and word in verb.modifiers else ()

    def _verb(self) -> Verb | None:
        """The verb of the step that the place is in."""
        return verbs.table().get(self.tokens[self._step()].written) if self.tokens else None

    def _step(self) -> int:
        """Which token is the verb of the step."""
        return max((at for at, token in enumerate(self.tokens) if token.kind.startswith("VERB")), default=0)

    def _modifiers(self) -> Iterator[str]:
        verb = self._verb()
        given = {token.written for token in self.tokens[self._step() :]}
        if verb and "MODIFIER" in self.accepted:
            yield from (keyword for keyword in verb.modifiers if keyword not in given)

    def _comparisons(self) -> Iterator[str]:
        if "COMPARE" in self.accepted:
            yield from (words for words, operator in OPERATORS.items() if not operator.some_only)
        if "NULL_TEST" in self.accepted:
            yield from NULL_TESTS

    def _keywords(self) -> Iterator[str]:
        """The words of terminals that are words; where there are modifiers, those depend on the verb."""
        modifiers = ("AS", "FORMAT", "WHERE") if "MODIFIER" in self.accepted else ()
        for terminal in parser().terminals:
            words = _KEYWORD.match(terminal.pattern.value)
            if words and terminal.name in self.accepted and terminal.name not in modifiers:
                yield words[0].replace(r"\s+", " ")
