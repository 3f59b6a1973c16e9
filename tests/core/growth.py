"""Long programs of many shapes, and how much work one is for the parser, the checks and the compiler."""

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from oql.program import inspect

DEEP = 200
"""Blocks inside each other, for the shapes that are deep and wide at once."""


def _repeated(unit: str, joint: str = "\n", before: str = "", behind: str = "") -> Callable[[int], str]:
    """Programs of one part again and again; `#` in it is the number of the part."""

    def make(size: int) -> str:
        count = size // (len(unit) + len(joint))
        return before + joint.join(unit.replace("#", str(number)) for number in range(count)) + behind

    return make


def _nested(opening: str, inside: str) -> Callable[[int], str]:
    """Blocks inside each other, the innermost long."""

    def make(size: int) -> str:
        blocks = " ".join(opening.replace("#", str(number)) for number in range(DEEP))
        long = " ".join(inside.replace("#", str(number)) for number in range(size // len(inside)))
        return f"{blocks} {long} {'CLOSE NEST ' * DEEP}"

    return make


_IF = "IF ?q IS NULL OPEN NEST"

SHAPES: Mapping[str, Callable[[int], str]] = {
    "steps": _repeated('EMIT "hello"'),
    "after": _repeated("EMIT 1", " AFTER "),
    "or": _repeated("STRING 1 SET ?v#", " OR "),
    "and": _repeated("STRING 1 SET ?v#", " AND "),
    "one name in all branches": _repeated("STRING 1 SET ?v", " AND "),
    "waiting branches": _repeated("SLEEP 0", " AND "),
    "concatenation": _repeated("?a", " & ", "EMIT "),
    "list": _repeated("1", " AND ", "ENLIST "),
    "object": _repeated('SET "k#" AS 1', " AND ", "NEW JSON OBJECT OPEN NEST ", " CLOSE NEST"),
    "conditions": _repeated("?a IS EQUAL TO 1", " OR ", "IF ", " OPEN NEST EMIT 1 CLOSE NEST"),
    "else if": _repeated("ELSE IF ?a IS NULL OPEN NEST CLOSE NEST", " ", "IF 1 IS NULL OPEN NEST CLOSE NEST "),
    "cases": _repeated("CASE # OPEN NEST EMIT 1 CLOSE NEST", " ", "SWITCH 1 OPEN NEST ", " CLOSE NEST"),
    "selectors": _repeated("(a)", "", "EMIT ?a"),
    "skipped names and their readers": _repeated("EMIT 1 OR STRING ?v# SET ?v# AFTER LOWER ?v# SET ?w#"),
    "variables that nothing sets": _repeated("EMIT ?v# SET ?w#"),
    "deep": _nested(_IF, "EMIT 1"),
    "deep, setting names": _nested(_IF, "STRING 1 SET ?v#"),
    "deep groups": _nested(f"EMIT 1 AND {_IF}", "STRING 1 SET ?v#"),
    "deep alternatives": _nested(f"EMIT 1 OR {_IF}", "STRING 1 SET ?v#"),
    "deep loops": _nested("FOREACH ?l AS ?x# OPEN NEST", "STRING !INDEX SET ?v#"),
    "no verbs": _repeated("UPER 'a'"),
    "no values": _repeated("EMIT"),
    "no system variables": _repeated("EMIT !NWO"),
    "wrong modifiers": _repeated("EMIT 1 WITH 2"),
    "signs": _repeated("[{]}"),
    "openings": _repeated("OPEN NEST"),
    "endings": _repeated("CLOSE NEST"),
    "blocks without an end": _repeated(_IF),
    "quotes": _repeated("'\"`"),
    "comments": _repeated("EMIT 1 (* x *)"),
    "selectors without an end": _repeated("?a(x", ""),
    "calculation": _repeated("?a#", "+", 'CALCULATE "', '" SET ?z'),
}


def calls(text: str) -> int:
    """How many calls of functions it takes to check a text, to compile it, and to make it ready to run."""
    inspect("EMIT 1")
    count = 0

    def called(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        checked = inspect(text)
        checked.warnings  # noqa: B018 - the work counts, not the result
        if checked.program:
            checked.program.linked  # noqa: B018 - the work counts, not the result
    finally:
        sys.setprofile(None)
    return count
