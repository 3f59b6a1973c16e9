"""A compiled program for people: its instructions with jumps and places, and what its steps touch."""

from collections.abc import Iterator
from typing import Any

from oql.conditions import OPERATORS
from oql.program import FAIL, STEPS, Instruction, Program
from oql.values import to_json

_WORDS = {operator.name: words for words, operator in reversed(OPERATORS.items())}
_CONDITIONS = frozenset({"compare", "some", "null", "truth", "not", "and", "or"})
_JUMPS = {"target": "to", "next": "then", "starts": "branches", "join": "join"}
_JUMPS_WHEN = {"test": "else", "case": "else", "loop": "else", "next": "else", "or": "unless null", "skip": "if so"}


def explain(program: Program) -> str:
    """The listing: one instruction a line, then the effects.

    `>` marks what is jumped to; `fails to` is where a failure goes that an OR catches; the last columns are the path
    of the step, as the trace shows it, and its place in the text.
    """
    blocks = f"blocks up to {program.depth} deep" if program.depth else "no blocks"
    lines = [f"{program.source.name}: {len(program.code)} instructions, {blocks}", ""]
    targets = {target for item in program.code for target in _targets(item)}
    rows = [_row(program, at, item, at in targets) for at, item in enumerate(program.code)]
    lines += _aligned(rows)
    return "\n".join([*lines, "", *_effect_lines(program.effects)]) + "\n"


def operand_text(operand: list[Any]) -> str:
    """An operand as the language writes it."""
    kind = operand[0]
    if kind == "value":
        return to_json(operand[1]).decode()
    if kind == "column":
        return str(operand[1])
    if kind == "joined":
        return " & ".join(operand_text(part) for part in operand[1])
    if kind in _CONDITIONS:
        return condition_text(operand)
    if kind == "condition":
        return condition_text(operand[1])
    name, path = operand[1], operand[2]
    sign = "" if name.startswith("!") else "?"
    return f"{sign}{name}{''.join(f'({_selector(part)})' for part in path)}"


def condition_text(condition: list[Any]) -> str:
    """A condition as the language writes it; those inside others stand in parentheses."""
    kind = condition[0]
    if kind in ("compare", "some"):
        return f"{operand_text(condition[2])} {_WORDS[condition[1]]} {operand_text(condition[3])}"
    if kind == "null":
        return f"{operand_text(condition[2])} {'IS NULL' if condition[1] else 'IS NOT NULL'}"
    if kind == "not":
        return f"NOT ({condition_text(condition[1])})"
    if kind == "truth":
        return operand_text(condition[1])
    parts = [condition_text(part) for part in condition[1]]
    if len(parts) == 1:
        return parts[0]
    nested = [f"({text})" if part[0] in ("and", "or") else text for part, text in zip(condition[1], parts, strict=True)]
    return f" {kind.upper()} ".join(nested)


def _selector(part: Any) -> str:
    if isinstance(part, list):
        return f"?{part[1]}{''.join(f'({_selector(inner)})' for inner in part[2])}"
    return str(part)


# one line each


def _row(program: Program, at: int, item: Instruction, marked: bool) -> list[str]:
    place = program.source.position(item.span.start)
    placed = item.span.end > item.span.start
    return [
        ">" if marked else "",
        str(at),
        item.op,
        " ".join(_words(item)),
        f"fails to {item.on_error}" if item.on_error != FAIL and item.op != "jump" else "",
        item.path if placed else "",
        f"{place.line}:{place.column}" if placed else "",
    ]


def _words(item: Instruction) -> Iterator[str]:
    data = item.data
    if item.op in STEPS:
        yield from _step_words(data)
        return
    if item.op in ("commit", "bind") and data["target"]:
        yield f"SET {operand_text(['variable', *data['target']])}"
    if "name" in data:
        yield str(data["name"])
    if "variable" in data:
        yield f"?{data['variable']}"
    if "operand" in data:
        yield operand_text(data["operand"])
    if "condition" in data:
        yield condition_text(data["condition"])
    for number, needed in enumerate(data.get("needs", ())):
        if needed:
            yield f"{number + 1}<-{','.join(str(each + 1) for each in needed)}"
    for key in ("names", "marks"):
        if data.get(key):
            yield f"{key[:-1]} {' '.join(f'?{name}' for name in data[key])}"
    for word, places in _jumps(item):
        yield f"{word} {' '.join(map(str, places))}"


def _step_words(data: Any) -> Iterator[str]:
    yield data["verb"]
    if data["operands"]:
        yield " AND ".join(operand_text(operand) for operand in data["operands"])
    for keyword, operand in data["modifiers"].items():
        yield f"{keyword} {operand_text(operand)}"
    if data.get("block"):
        yield f"OPEN NEST ({len(data['block'])}) CLOSE NEST"
    if data["target"]:
        yield f"SET {operand_text(['variable', *data['target']])}"


def _targets(item: Instruction) -> Iterator[int]:
    """Every place that the instruction may go to, other than the next one."""
    if item.on_error != FAIL:
        yield item.on_error
    for _, places in _jumps(item):
        yield from places


def _jumps(item: Instruction) -> Iterator[tuple[str, list[int]]]:
    """When the instruction jumps, and where to."""
    if item.op in STEPS or item.op in ("commit", "bind"):
        return
    for key, word in _JUMPS.items():
        place = item.data.get(key)
        if place is not None:
            when = _JUMPS_WHEN.get(item.op, word) if key == "target" else word
            yield when, place if isinstance(place, list) else [place]


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    """The rows with their columns under each other; a long text moves what follows it."""
    columns = list(zip(*rows, strict=True))
    widths = [min(60, max(map(len, column))) for column in columns]
    for row in rows:
        number = row[1].rjust(widths[1])
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        yield "  ".join([cells[0] or " ", number, *cells[2:]]).rstrip()


def _effect_lines(effects: list[dict[str, Any]]) -> Iterator[str]:
    if not effects:
        yield "effects: none"
        return
    yield "effects:"
    for effect in effects:
        touched = [f"{word} {', '.join(effect[word])}" for word in ("reads", "writes", "hosts") if effect[word]]
        yield f"  line {effect['line']}  {effect['step']} ({effect['exec_class']})  {'; '.join(touched)}".rstrip()
