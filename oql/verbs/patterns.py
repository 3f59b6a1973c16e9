"""Verbs that look for text or a regular expression and take or replace what they find: REPLACE and MATCH."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, TypeAlias

from oql.errors import Code, failed, not_allowed
from oql.regex import Pattern, check_work, compile_pattern
from oql.values import Value
from oql.verbs.declare import Text, Whole
from oql.verbs.run import Run
from oql.verbs.text import BYTES_PER_PIECE, Growth, family, text_bytes

Match: TypeAlias = Any  # re2's match carries no type information

_REFERENCE = re.compile(r"\$(\$|&|[0-9]{1,2})")

_POLLED_EVERY = 64
"""So often the run is asked whether it should end: each match may cost a walk over the whole text."""


@family.verb(
    "REPLACE",
    examples=[
        ('REPLACE "a-b-c" WHERE "-" WITH "+"', "a+b+c"),
        (r'REPLACE "2026-01-15" WHERE "(\d+)-(\d+)-(\d+)" WITH "$3.$2.$1" AS "regex"', "15.01.2026"),
        ('REPLACE "database" FROM 0 TO 4 WITH "Code"', "Codebase"),
    ],
    forms=(("WHERE", "WITH"), ("FROM", "TO", "WITH")),
    only_with={"AS": "WHERE"},
    quick=False,
)
def replace(
    run: Run,
    text: Text,
    *,
    where: Text | None = None,
    from_: Whole | None = None,
    to: Whole | None = None,
    with_: Text,
    as_: Literal["regex"] | None = None,
) -> str:
    """Replaces a text wherever it stands, each match of a regular expression, or the part between places.

    In the text that replaces a match, `$1` is what the first group matched, `$0` or `$&` the whole match
    and `$$` a dollar. FROM and TO count as in SLICE.
    """
    if where is None:
        return _replace_part(run, text, from_, to, with_)
    if from_ is not None or to is not None:
        raise not_allowed(Code.STRING_FAILED, "WHERE", "together with FROM and TO")
    if as_ == "regex":
        return _replace_matches(run, text, where, with_)
    grown = len(text) + text.count(where) * (len(with_) - len(where))
    run.claim(text_bytes(grown, text, with_))
    return text.replace(where, with_)


def _replace_part(run: Run, text: str, start: int | None, end: int | None, new: str) -> str:
    first, last, _ = slice(start, end).indices(len(text))
    run.claim(text_bytes(len(text) + len(new), text, new))
    return text[:first] + new + text[max(first, last) :]


def _replace_matches(run: Run, text: str, where: str, new: str) -> str:
    pattern = compile_pattern(where)
    parts = tuple(_parts(new, pattern.groups))
    growth = Growth(run)
    pieces: list[str] = []
    place = 0
    for found in _matches(run, pattern, text):
        added = sum(_part_length(part, found) for part in parts)
        growth.add(text_bytes(found.start() - place + added, text, new) + BYTES_PER_PIECE * (len(parts) + 1))
        pieces.append(text[place : found.start()])
        pieces += (part if isinstance(part, str) else found.group(part) or "" for part in parts)
        place = found.end()
    growth.add(text_bytes(len(text) - place, text))
    pieces.append(text[place:])
    return "".join(pieces)


def _part_length(part: str | int, found: Match) -> int:
    return len(part) if isinstance(part, str) else found.end(part) - found.start(part)


def _matches(run: Run, pattern: Pattern, text: str) -> Iterator[Match]:
    check_work(pattern, text)
    last = None
    for count, found in enumerate(pattern.finditer(text)):
        if count % _POLLED_EVERY == 0:
            run.look()
        if found.span() != last:  # an empty match ahead of where the library looks comes twice
            yield found
        last = found.span()


def _parts(template: str, groups: int) -> Iterator[str | int]:
    """The pieces of a replacement: texts, and the numbers of the groups that stand between them."""
    place = 0
    for reference in _REFERENCE.finditer(template):
        yield template[place : reference.start()]
        name, place = reference[1], reference.end()
        if name == "$":
            yield "$"
            continue
        number = 0 if name == "&" else int(name)
        if number > groups and len(name) == 2:
            # `$12` is group 1 and a `2` where there are fewer than 12 groups
            number, place = int(name[0]), place - 1
        if number > groups:
            count = f"{groups} group{'' if groups == 1 else 's'}"
            hint = "use `$$` for a dollar"
            raise failed(Code.STRING_FAILED, f"`${number}` is not a group: the pattern has {count}", hint)
        yield number
    yield template[place:]


@family.verb(
    "MATCH",
    examples=[
        (r'MATCH "order 42 of 50" WHERE "\d+"', "42"),
        (r'MATCH "order 42 of 50" WHERE "\d+" AS "all"', ["42", "50"]),
        (r'MATCH "none" WHERE "\d+" SET ?m OR EMIT !ERROR(message)', r"No match for /\d+/"),
    ],
    quick=False,
)
def match(run: Run, text: Text, *, where: Text, as_: Literal["all"] | None = None) -> Value:
    """Gives the first text that matches a regular expression, or all; StringNoMatch when there is none."""
    found = _matches(run, compile_pattern(where), text)
    if as_ == "all":
        matched = []
        growth = Growth(run)
        for one in found:
            growth.add(text_bytes(one.end() - one.start(), text) + BYTES_PER_PIECE)
            matched.append(one.group())
    else:
        matched = [one.group() for one in islice(found, 1)]
    if not matched:
        raise failed(Code.STRING_NO_MATCH, f"No match for /{where}/")
    return matched if as_ == "all" else matched[0]
