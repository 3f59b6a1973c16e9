"""The tree of a program: frozen dataclasses, each with the span of text it stands for."""

from dataclasses import dataclass, field
from typing import Literal as OneOf, TypeAlias

from oql.errors import Span
from oql.selectors import Selector
from oql.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, boolean or null, as it stands in the program."""

    span: Span
    value: Value


@dataclass(frozen=True, slots=True)
class Variable:
    """`?name(selector)...`"""

    span: Span
    name: str
    path: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """`!NAME(key)(selector)...`; whether the first parenthesis is a key depends on the name."""

    span: Span
    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """A bare lower-case word: a column inside WHERE, or a declared choice."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Concatenation:
    """`a & b & c`"""

    span: Span
    parts: tuple["Operand", ...]


Operand: TypeAlias = Literal | Variable | System | Word | Concatenation


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left IS EQUAL TO right`; `operator` is the words, one blank between them."""

    span: Span
    left: Operand
    operator: str
    operator_span: Span
    right: Operand


@dataclass(frozen=True, slots=True)
class NullTest:
    """`left IS NULL`, `left IS NOT NULL`"""

    span: Span
    left: Operand
    is_null: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """An operand alone where a condition may stand; only WHERE of some verbs takes it, as a plain value."""

    span: Span
    operand: Operand


@dataclass(frozen=True, slots=True)
class Negated:
    """`NOT condition`; `depth` counts the levels of conditions below."""

    span: Span
    condition: "Condition"
    depth: int


@dataclass(frozen=True, slots=True)
class Combined:
    """Conditions joined by AND or by OR."""

    span: Span
    connector: OneOf["and", "or"]
    parts: tuple["Condition", ...]
    depth: int


Condition: TypeAlias = Comparison | NullTest | Truth | Negated | Combined


@dataclass(frozen=True, slots=True)
class Modifier:
    """`WITH operand`, or WHERE with a condition; `span` is the keyword's."""

    span: Span
    keyword: str
    value: Operand | Condition


@dataclass(frozen=True, slots=True)
class Block:
    """`OPEN NEST ... CLOSE NEST` around chains; `depth` counts the blocks inside each other, this one included."""

    span: Span
    chains: tuple["Chain", ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Items:
    """The block of NEW ARRAY."""

    span: Span
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The block of NEW JSON OBJECT."""

    span: Span
    pairs: tuple[tuple[Operand, Operand], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form: the variable it binds, the kind of answer, choices, label, whether it must be given."""

    span: Span
    variable: Variable
    kind: str
    choices: tuple[Operand, ...]
    label: Operand
    required: bool


@dataclass(frozen=True, slots=True)
class Fields:
    """The block of GATHER."""

    span: Span
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """`ENTER code SET ?a` inside WEBASSEMBLY."""

    span: Span
    code: Operand
    target: Variable | None


@dataclass(frozen=True, slots=True)
class Entries:
    """The block of WEBASSEMBLY."""

    span: Span
    entries: tuple[Entry, ...]


AnyBlock: TypeAlias = Block | Items | Pairs | Fields | Entries


@dataclass(frozen=True, slots=True)
class VerbStep:
    """`VERB operand {modifier} [SET ?var]`"""

    span: Span
    verb: str
    verb_span: Span
    operands: tuple[Operand, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    block: AnyBlock | None = None
    target: Variable | None = None


@dataclass(frozen=True, slots=True)
class If:
    """IF with its ELSE IF arms and ELSE; with `some` a comparison holds when any element satisfies it."""

    span: Span
    arms: tuple[tuple[Condition, Block], ...]
    otherwise: Block | None
    some: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """SWITCH with its cases in order and DEFAULT."""

    span: Span
    operand: Operand
    cases: tuple[tuple[Operand, Block], ...]
    default: Block | None


@dataclass(frozen=True, slots=True)
class While:
    """WHILE, or with `some` WHILE SOME."""

    span: Span
    condition: Condition
    block: Block
    some: bool = False


@dataclass(frozen=True, slots=True)
class Foreach:
    """`FOREACH operand AS ?variable block`"""

    span: Span
    operand: Operand
    variable: Variable
    block: Block


@dataclass(frozen=True, slots=True)
class Leave:
    """CLOSE ALL NESTS or EXIT ALL."""

    span: Span
    words: OneOf["CLOSE ALL NESTS", "EXIT ALL"]


@dataclass(frozen=True, slots=True)
class Return:
    """`RETURN [operand]`"""

    span: Span
    operand: Operand | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A step that could not be read; its error is reported apart."""

    span: Span


Step: TypeAlias = VerbStep | If | Switch | While | Foreach | Leave | Return | Broken


@dataclass(frozen=True, slots=True)
class Group:
    """Steps joined by AND."""

    span: Span
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Groups joined by AFTER and OR; `connectors[i]` stands before `groups[i + 1]`."""

    span: Span
    groups: tuple[Group, ...]
    connectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """A whole program; `depth` is that of its deepest block."""

    chains: tuple[Chain, ...] = field(default=())
    depth: int = 0


Blocks: TypeAlias = tuple[Block, ...]


def blocks_of(step: Step) -> Blocks:
    """The blocks of chains that stand directly inside a step."""
    match step:
        case If():
            arms = tuple(block for _, block in step.arms)
            return (*arms, step.otherwise) if step.otherwise else arms
        case Switch():
            cases = tuple(block for _, block in step.cases)
            return (*cases, step.default) if step.default else cases
        case While() | Foreach():
            return (step.block,)
        case VerbStep(block=Block() as block):
            return (block,)
    return ()
