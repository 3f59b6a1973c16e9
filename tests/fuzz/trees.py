"""Small programs as trees, for the reference and as text for the engine: control flow over a handful of verbs."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf, TypeAlias

Scalar: TypeAlias = str | int | bool | None


@dataclass(frozen=True)
class Given:
    """A literal."""

    value: Scalar


@dataclass(frozen=True)
class Variable:
    """`?name` with selectors; a selector that is a Variable takes its value."""

    name: str
    path: "tuple[str | int | Variable, ...]" = ()


@dataclass(frozen=True)
class System:
    """`!INDEX`, `!STATE(IF)`, ..., as it is written."""

    text: str


@dataclass(frozen=True)
class Joined:
    """`a & b`"""

    parts: "tuple[Given | Variable | System, ...]"


Operand: TypeAlias = Given | Variable | System | Joined


@dataclass(frozen=True)
class Compared:
    """`left IS EQUAL TO right`, or with SOME `left ARE EQUAL TO right`."""

    left: Operand
    words: str
    right: Operand


@dataclass(frozen=True)
class IsNull:
    """`left IS NULL`, `left IS NOT NULL`"""

    left: Operand
    negated: bool


@dataclass(frozen=True)
class Both:
    """Conditions joined by AND or OR, or one that is negated."""

    how: OneOf["AND", "OR", "NOT"]
    parts: "tuple[Condition, ...]"


Condition: TypeAlias = Compared | IsNull | Both


@dataclass(frozen=True)
class Act:
    """A step of a verb. `into` is the variable behind INTO of APPEND."""

    verb: str
    operands: tuple[Operand, ...]
    target: Variable | None = None
    into: str = ""


@dataclass(frozen=True)
class Pause:
    """A step that does nothing: SLEEP in the program that waits, a verb that only computes in the one that does not."""


@dataclass(frozen=True)
class If:
    arms: "tuple[tuple[Condition, Block], ...]"
    otherwise: "Block | None" = None
    some: bool = False


@dataclass(frozen=True)
class Switch:
    operand: Operand
    cases: "tuple[tuple[Operand, Block], ...]"
    default: "Block | None" = None


@dataclass(frozen=True)
class While:
    condition: Condition
    block: "Block"


@dataclass(frozen=True)
class Foreach:
    operand: Operand
    variable: str
    block: "Block"


@dataclass(frozen=True)
class Leave:
    words: OneOf["CLOSE ALL NESTS", "EXIT ALL"]


@dataclass(frozen=True)
class Return:
    operand: Operand | None


Nesting: TypeAlias = If | Switch | While | Foreach
Step: TypeAlias = Act | Pause | Nesting | Leave | Return


@dataclass(frozen=True)
class Group:
    """Steps joined by AND."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Chain:
    """Groups; `connectors[i]` stands before `groups[i + 1]`."""

    groups: tuple[Group, ...]
    connectors: tuple[str, ...]


Block: TypeAlias = tuple[Chain, ...]


def name_of(step: Step, waits: bool) -> str:
    """The step's name in the trace."""
    match step:
        case Act():
            return step.verb
        case Pause():
            return "SLEEP" if waits else "LOWER"
        case Leave():
            return step.words
        case If(some=True):
            return "IF SOME"
    return type(step).__name__.upper()


def blocks_of(step: Step) -> list[Block]:
    """The blocks that stand directly inside a step."""
    match step:
        case If():
            return [block for _, block in step.arms] + ([] if step.otherwise is None else [step.otherwise])
        case Switch():
            return [block for _, block in step.cases] + ([] if step.default is None else [step.default])
        case While() | Foreach():
            return [step.block]
    return []


def operands_of(step: Step) -> list[Operand]:
    """The operands that a step reads itself, not those that its blocks read."""
    match step:
        case Act():
            into = [Variable(step.into)] if step.into else []
            part = [Variable(step.target.name), *_variables(step.target)] if step.target and step.target.path else []
            return [*step.operands, *into, *part, *_mentioned(step)]
        case If():
            return [operand for condition, _ in step.arms for operand in _compared(condition)]
        case Switch():
            return [step.operand, *(operand for operand, _ in step.cases)]
        case While():
            return list(_compared(step.condition))
        case Foreach():
            return [step.operand]
        case Return():
            return [] if step.operand is None else [step.operand]
    return []


def _mentioned(step: Act) -> list[Operand]:
    """The variables inside the text of CALCULATE."""
    texts = [operand.value for operand in step.operands if isinstance(operand, Given)]
    names = re.findall(r"\?(\w+)", str(texts[0])) if step.verb == "CALCULATE" and texts else []
    return [Variable(name) for name in names]


def _compared(condition: Condition) -> Iterator[Operand]:
    match condition:
        case Compared():
            yield from (condition.left, condition.right)
        case IsNull():
            yield condition.left
        case Both():
            for part in condition.parts:
                yield from _compared(part)


def _variables(operand: Operand) -> Iterator[Variable]:
    match operand:
        case Variable():
            yield operand
            for selector in operand.path:
                if isinstance(selector, Variable):
                    yield from _variables(selector)
        case Joined():
            for part in operand.parts:
                yield from _variables(part)


def names_read(step: Step) -> set[str]:
    """The variables whose skip mark skips the step."""
    return {variable.name for operand in operands_of(step) for variable in _variables(operand)}


def names_bound(step: Step) -> set[str]:
    """The variables that a step or anything in its blocks may bind."""
    found = set[str]()
    if isinstance(step, Act):
        found |= {step.target.name} if step.target else {step.into} if step.into else set()
    elif isinstance(step, Foreach):
        found.add(step.variable)
    inner = (s for block in blocks_of(step) for chain in block for group in chain.groups for s in group.steps)
    return found.union(*(names_bound(s) for s in inner))


# as text


def written(chains: Block, waits: bool) -> str:
    """The text of a program."""
    return "\n".join(_chain(chain, waits) for chain in chains)


def _chain(chain: Chain, waits: bool) -> str:
    first, *rest = (" AND ".join(_step(step, waits) for step in group.steps) for group in chain.groups)
    return first + "".join(f"\n{word} {group}" for word, group in zip(chain.connectors, rest, strict=True))


def _block(block: Block, waits: bool) -> str:
    inside = written(block, waits).replace("\n", "\n  ")
    return f"OPEN NEST\n  {inside}\nCLOSE NEST" if block else "OPEN NEST CLOSE NEST"


def _step(step: Step, waits: bool) -> str:
    match step:
        case Act():
            return _act(step)
        case Pause():
            return 'SLEEP "1ms"' if waits else 'LOWER "1ms"'
        case If():
            word = "IF SOME" if step.some else "IF"
            arms = [
                f"{word if not i else 'ELSE IF'} {_condition(c)} {_block(b, waits)}" for i, (c, b) in _numbered(step)
            ]
            return " ".join(arms) + (f" ELSE {_block(step.otherwise, waits)}" if step.otherwise is not None else "")
        case Switch():
            cases = "".join(f" CASE {_operand(value)} {_block(block, waits)}" for value, block in step.cases)
            default = f" DEFAULT {_block(step.default, waits)}" if step.default is not None else ""
            return f"SWITCH {_operand(step.operand)} OPEN NEST{cases}{default} CLOSE NEST"
        case While():
            return f"WHILE {_condition(step.condition)} {_block(step.block, waits)}"
        case Foreach():
            return f"FOREACH {_operand(step.operand)} AS ?{step.variable} {_block(step.block, waits)}"
        case Leave():
            return step.words
        case Return():
            return "RETURN" if step.operand is None else f"RETURN {_operand(step.operand)}"


def _numbered(step: If) -> Iterator[tuple[int, tuple[Condition, Block]]]:
    return enumerate(step.arms)


def _act(step: Act) -> str:
    operands = " AND ".join(map(_operand, step.operands))
    where = ' WHERE "z"' if step.verb == "INDEX" else ""
    into = f" INTO ?{step.into}" if step.into else ""
    target = f" SET {_operand(step.target)}" if step.target else ""
    return f"{step.verb} {operands}{where}{into}{target}"


def _condition(condition: Condition) -> str:
    match condition:
        case Compared():
            return f"{_operand(condition.left)} {condition.words} {_operand(condition.right)}"
        case IsNull():
            return f"{_operand(condition.left)} {'IS NOT NULL' if condition.negated else 'IS NULL'}"
        case Both(how="NOT"):
            return f"NOT ({_condition(condition.parts[0])})"
        case Both():
            return f" {condition.how} ".join(f"({_condition(part)})" for part in condition.parts)


def _operand(operand: Operand) -> str:
    match operand:
        case Given():
            return json.dumps(operand.value)
        case Variable():
            selectors = (s if not isinstance(s, Variable) else _operand(s) for s in operand.path)
            return f"?{operand.name}" + "".join(f"({selector})" for selector in selectors)
        case System():
            return operand.text
        case Joined():
            return " & ".join(map(_operand, operand.parts))
