"""The tree of a program: named tuples, which take less time to load than dataclasses, each with its span of text."""

from typing import Literal as OneOf, NamedTuple, TypeAlias

from oql.errors import Span
from oql.selectors import Selector
from oql.values import Value


class Literal(NamedTuple):
    """A text, number, boolean or null, as it stands in the program."""

    span: Span
    value: Value


class Variable(NamedTuple):
    """`?name(selector)...`"""

    span: Span
    name: str
    path: tuple[Selector, ...] = ()


class System(NamedTuple):
    """`!NAME(key)(selector)...`; whether the first parenthesis is a key depends on the name."""

    span: Span
    name: str
    arguments: tuple[str, ...] = ()


class Word(NamedTuple):
    """A bare lower-case word: a column inside WHERE, or a declared choice."""

    span: Span
    text: str


class Concatenation(NamedTuple):
    """`a & b & c`"""

    span: Span
    parts: tuple["Operand", ...]


Operand: TypeAlias = Literal | Variable | System | Word | Concatenation


class Comparison(NamedTuple):
    """`left IS EQUAL TO right`; `operator` is the words, one blank between them."""

    span: Span
    left: Operand
    operator: str
    operator_span: Span
    right: Operand


class NullTest(NamedTuple):
    """`left IS NULL`, `left IS NOT NULL`"""

    span: Span
    left: Operand
    is_null: bool


class Truth(NamedTuple):
    """An operand alone where a condition may stand; only WHERE of some verbs takes it, as a plain value."""

    span: Span
    operand: Operand


class Negated(NamedTuple):
    """`NOT condition`; `depth` counts the levels of conditions below."""

    span: Span
    condition: "Condition"
    depth: int


class Combined(NamedTuple):
    """Conditions joined by AND or by OR."""

    span: Span
    connector: OneOf["and", "or"]
    parts: tuple["Condition", ...]
    depth: int


Condition: TypeAlias = Comparison | NullTest | Truth | Negated | Combined


class Modifier(NamedTuple):
    """`WITH operand`, or WHERE with a condition; `span` is the keyword's."""

    span: Span
    keyword: str
    value: Operand | Condition


class Block(NamedTuple):
    """`OPEN NEST ... CLOSE NEST` around chains; `depth` counts the blocks inside each other, this one included."""

    span: Span
    chains: tuple["Chain", ...]
    depth: int


class Items(NamedTuple):
    """The block of NEW ARRAY."""

    span: Span
    operands: tuple[Operand, ...]


class Pairs(NamedTuple):
    """The block of NEW JSON OBJECT."""

    span: Span
    pairs: tuple[tuple[Operand, Operand], ...]


class Field(NamedTuple):
    """One line of a form: the variable it binds, the kind of answer, choices, label, whether it must be given."""

    span: Span
    variable: Variable
    kind: str
    choices: tuple[Operand, ...]
    label: Operand
    required: bool


class Fields(NamedTuple):
    """The block of GATHER."""

    span: Span
    fields: tuple[Field, ...]


class Entry(NamedTuple):
    """`ENTER code SET ?a` inside WEBASSEMBLY."""

    span: Span
    code: Operand
    target: Variable | None


class Entries(NamedTuple):
    """The block of WEBASSEMBLY."""

    span: Span
    entries: tuple[Entry, ...]


AnyBlock: TypeAlias = Block | Items | Pairs | Fields | Entries


class VerbStep(NamedTuple):
    """`VERB operand {modifier} [SET ?var]`"""

    span: Span
    verb: str
    verb_span: Span
    operands: tuple[Operand, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    block: AnyBlock | None = None
    target: Variable | None = None


class If(NamedTuple):
    """IF with its ELSE IF arms and ELSE; with `some` a comparison holds when any element satisfies it."""

    span: Span
    arms: tuple[tuple[Condition, Block], ...]
    otherwise: Block | None
    some: bool = False


class Switch(NamedTuple):
    """SWITCH with its cases in order and DEFAULT."""

    span: Span
    operand: Operand
    cases: tuple[tuple[Operand, Block], ...]
    default: Block | None


class While(NamedTuple):
    """WHILE, or with `some` WHILE SOME."""

    span: Span
    condition: Condition
    block: Block
    some: bool = False


class Foreach(NamedTuple):
    """`FOREACH operand AS ?variable block`"""

    span: Span
    operand: Operand
    variable: Variable
    block: Block


class Leave(NamedTuple):
    """CLOSE ALL NESTS or EXIT ALL."""

    span: Span
    words: OneOf["CLOSE ALL NESTS", "EXIT ALL"]


class Return(NamedTuple):
    """`RETURN [operand]`"""

    span: Span
    operand: Operand | None


class Broken(NamedTuple):
    """A step that could not be read; its error is reported apart."""

    span: Span


Step: TypeAlias = VerbStep | If | Switch | While | Foreach | Leave | Return | Broken


class Group(NamedTuple):
    """Steps joined by AND."""

    span: Span
    steps: tuple[Step, ...]


class Chain(NamedTuple):
    """Groups joined by AFTER and OR; `connectors[i]` stands before `groups[i + 1]`."""

    span: Span
    groups: tuple[Group, ...]
    connectors: tuple[str, ...] = ()


class Program(NamedTuple):
    """A whole program; `depth` is that of its deepest block."""

    chains: tuple[Chain, ...] = ()
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
