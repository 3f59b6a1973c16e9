"""How a verb is declared: a Python function whose signature is the verb's form. Everything else derives from it.

    family = Family("text", "Text", failure=Code.STRING_FAILED)

    @family.verb("PAD", examples=[('PAD "7" TO 3 WITH "0"', "007")])
    def pad(text: Text, *, to: Whole, with_: Text = " ", as_: Literal["left", "right", "both"] = "left") -> str:
        '''Pads a text to a length.'''

The first positional parameter is the operand: without default it is required, `*items` takes a list joined
by AND, none means the verb takes no operand. Keyword-only parameters are the modifiers of the same name. A
first parameter annotated `Context` or `Run` receives the run's context or the run itself.
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any as AnyType, Literal

from oql.context import Context
from oql.entries import Entry
from oql.errors import Code, OqlError, expected, unknown
from oql.habits import conversion
from oql.json import number_text
from oql.values import Multi, Value, as_number, kind_of
from oql.verbs.run import Run

if typing.TYPE_CHECKING:
    from oql.calculate import Calculation

MODIFIERS = (
    "WITH", "AS", "INTO", "FROM", "TO", "AT", "ON", "USING", "FORMAT", "ATTACH", "FOR", "LIMIT", "SORT BY", "WHERE",
)  # fmt: skip
"""Every modifier of the language; a verb takes those that its function names (`with_`, `sort_by`, ...)."""

ExecClass = Literal["Cpu", "Io", "Net", "Wait"]
Effect = Literal["pure", "read", "store", "outside", "wait"]
Block = Literal["", "items", "pairs", "fields", "entries", "steps"]
Example = tuple[str, AnyType]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value that a parameter takes: its name in messages, the exact types, and what else converts."""

    name: str
    types: frozenset[type] = frozenset()
    convert: Callable[[Value], Value] | None = None
    choices: tuple[str, ...] = ()
    role: Literal["value", "condition", "branches"] = "value"

    def fit(self, value: Value, place: str, failure: Code) -> Value:
        """The value as the verb's function gets it; an error of the family's code when it does not fit."""
        if type(value) in self.types or (not self.types and not self.choices):
            return value
        if self.choices:
            return self._choose(value, failure)
        converted = self.convert(value) if self.convert else None
        if converted is None:
            hint = conversion(self.name, kind_of(value))
            raise expected(failure, f"{article(self.name)}{place}", describe(value), hint=hint)
        return converted

    def _choose(self, value: Value, failure: Code) -> str:
        if value in self.choices:
            return str(value)
        listed = " or ".join(f'"{choice}"' for choice in self.choices)
        if isinstance(value, str):
            raise unknown(failure, listed, value, self.choices)
        raise expected(failure, listed, describe(value))


def article(name: str) -> str:
    """The name with its article, as a message needs it."""
    return name if name == "text" else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def describe(value: Value) -> str:
    """A value for a message: its kind, and short ones themselves."""
    kind = kind_of(value)
    if kind == "number":
        return f"the number {number_text(value)}"
    if kind == "text" and len(value) <= 40:
        return f'the text "{value}"'
    return kind if kind in ("null", "text") else article(kind)


def _whole(value: Value) -> int | None:
    read = as_number(value)
    return int(read) if read is not None and read == int(read) else None


def _boolean(value: Value) -> bool | None:
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


_ANY = Kind("value")
Any = Annotated[AnyType, _ANY]
"""A value of any kind; a multivariable as the main operand still fans out."""
Branches = Annotated[AnyType, Kind("value", role="branches")]
"""A value of any kind that takes a multivariable whole."""
Text = Annotated[str, Kind("text", frozenset({str}))]
Number = Annotated[int | float, Kind("number", frozenset({int, float}), as_number)]
Whole = Annotated[int, Kind("whole number", frozenset({int}), _whole)]
Boolean = Annotated[bool, Kind("boolean", frozenset({bool}), _boolean)]
Array = Annotated[list[AnyType], Kind("array", frozenset({list}))]
Object = Annotated[dict[str, AnyType], Kind("object", frozenset({dict}))]
Binary = Annotated[bytes, Kind("binary", frozenset({bytes}))]
TextOrArray = Annotated[str | list[AnyType], Kind("text or array", frozenset({str, list}))]
TextOrBinary = Annotated[str | bytes, Kind("text or binary", frozenset({str, bytes}))]
Condition = Annotated[AnyType, Kind("condition", role="condition")]
"""WHERE as a condition on columns, passed as a predicate of the store's plans; for verbs that read tables."""
Steps = Annotated[str, Kind("steps")]
"""The text inside the verb's block, for verbs that keep it as a program; a keyword-only parameter of any name."""

Entries = Annotated[Sequence[Entry], Kind("entries")]
"""The entries of the verb's block, none where there is no block; a keyword-only parameter of any name. The function
then gives an array of their values."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One operand or modifier of a verb; `python` is the name of the function's parameter."""

    name: str
    keyword: str
    kind: Kind
    required: bool
    default: Value = None
    many: bool = False
    python: str = ""


_BLOCKS: dict[Block, str] = {
    "items": " [OPEN NEST value AND value ... CLOSE NEST]",
    "pairs": " [OPEN NEST SET key AS value AND SET key AS value ... CLOSE NEST]",
    "fields": " OPEN NEST ?variable FORMAT kind AS label [FORMAT REQUIRED] AND ... CLOSE NEST",
    "entries": " [OPEN NEST ENTER code [SET ?variable] ... CLOSE NEST]",
    "steps": " OPEN NEST steps CLOSE NEST",
}


@dataclass(frozen=True, slots=True)
class Verb:
    """Everything there is to know of a verb.

    `forms`: sets of modifier keywords of which at least one must be complete. `only_with`: modifiers that stand only
    together with another one, and which that is. `rebinds`: without SET the
    result is bound to the variable that this modifier names. `extends`: that result is the array there with
    the operand behind it. `touches`: what an effect is on ("cache"), for
    checks, `names`: the modifier that names it (else the operand does), `inside`: the modifier that names the database
    around it, `reads_without`: the modifier
    without which the verb only reads, or a function that tells it of a step's modifiers. `quick`: it never
    computes for long on a small operand. `needs`: what this build lacks to serve the verb. `draws`: what it gives has
    to do with chance, always or with these values of USING. `acts`: it only acts, so its value is true. `mentions`: the
    variables that a literal operand names inside its text. `prepare`: makes of a literal operand a
    calculation, once, for a step without modifiers. `missing_hints`: better hints for modifiers that
    are left out. `transacts`: its block runs where it stands, and all its database steps take effect together.
    `runs_text`: it gives a program that is run in its place (`Run.pinned`), on the variables around it or apart.
    `keeps`: the function's parameter that takes the text inside its block. `reads_text`: for modifiers that take a text
    in a notation of its own ("" is the operand), what reads one as the step will: where it raises, checks warn of a
    constant text.
    """

    name: str
    family: str
    function: Callable[..., Value]
    operand: Parameter | None
    modifiers: dict[str, Parameter]
    doc: str
    examples: Sequence[Example]
    failure: Code
    exec_class: ExecClass = "Cpu"
    effect: Effect = "pure"
    block: Block = ""
    receives: Literal["", "context", "run"] = ""
    keeps: str = ""
    forms: tuple[tuple[str, ...], ...] = ()
    only_with: Mapping[str, str] = field(default_factory=dict)
    rebinds: str = ""
    extends: bool = False
    touches: str = ""
    names: str = ""
    inside: str = ""
    reads_without: str | Callable[[Mapping[str, AnyType]], bool] = ""
    quick: bool = True
    needs: str = ""
    draws: bool | tuple[str, ...] = False
    acts: bool = False
    mentions: Callable[[str], Iterable[str]] | None = None
    prepare: "Callable[[Value], Calculation] | None" = None
    missing_hints: Mapping[str, str] = field(default_factory=dict)
    transacts: bool = False
    runs_text: Literal["", "here", "apart"] = ""
    reads_text: Mapping[str, Callable[[str], object]] = field(default_factory=dict)

    def effect_with(self, modifiers: Mapping[str, AnyType]) -> Effect:
        """What a step with these modifiers, as instructions have them, does to the world."""
        if callable(self.reads_without):
            return "read" if self.reads_without(modifiers) else self.effect
        return "read" if self.reads_without and self.reads_without not in modifiers else self.effect

    def recorded(self, modifiers: Mapping[str, AnyType]) -> bool:
        """Whether the journal of a run keeps what a step gives: again, it could give something else, or do more."""
        if self.effect != "pure" or isinstance(self.draws, bool):
            return self.effect != "pure" or bool(self.draws)
        using = modifiers.get("USING", ["value", None])
        return using[0] != "value" or using[1] in self.draws

    @property
    def waits(self) -> bool:
        """Whether a thread that runs it may sit idle, so that branches of an AND group should overlap."""
        return self.exec_class != "Cpu" or bool(self.runs_text)

    @property
    def may_wait(self) -> bool:
        """Whether its own step may wait, be it for the store."""
        return self.waits or self.effect != "pure"

    @property
    def emits_into(self) -> bool:
        """Whether a block of it runs where it stands and makes its operand of what it emits."""
        return self.block == "steps" and not self.transacts and not self.keeps and not self.needs

    @property
    def usage(self) -> str:
        """The verb with everything that may stand behind it, in one line, as help and messages show it."""
        if self.block in ("items", "pairs", "fields"):
            return f"{self.name}{_BLOCKS[self.block]}{''.join(self._modifier_usage())}"
        return f"{self.name}{self._operand_usage()}{''.join(self._modifier_usage())}{_BLOCKS.get(self.block, '')}"

    def _operand_usage(self) -> str:
        if self.operand is None:
            return ""
        shown = self.operand.name
        if self.operand.many:
            shown = f"{shown} AND {shown} ..."
        return f" {shown}" if self.operand.required else f" [{shown}]"

    def _modifier_usage(self) -> typing.Iterator[str]:
        shown: set[str] = set()
        for keyword in self.modifiers:
            if keyword not in shown and not self._shown_inside(keyword):
                yield f" {self._clause(keyword, shown)}"

    def _shown_inside(self, keyword: str) -> bool:
        """Whether a modifier stands inside the brackets of another: two that need each other share their brackets."""
        other = self.only_with.get(keyword)
        return other is not None and self.only_with.get(other) != keyword

    def _clause(self, keyword: str, shown: set[str]) -> str:
        """A modifier with those that stand only together with it, in brackets where it may be left out."""
        shown.add(keyword)
        parameter = self.modifiers[keyword]
        choices = "|".join(f'"{choice}"' for choice in parameter.kind.choices)
        parts = [f"{keyword} {choices or parameter.kind.name.replace(' ', '-')}"]
        for other, needed in self.only_with.items():
            if needed == keyword and other not in shown:
                clause = self._clause(other, shown)
                parts.append(clause[1:-1] if self.only_with.get(keyword) == other else clause)
        return " ".join(parts) if parameter.required else f"[{' '.join(parts)}]"


TABLE: dict[str, Verb] = {}
"""Every declared verb by its full name; filled by the decorator, read through `oql.verbs.table()`."""


@dataclass(frozen=True)
class Family:
    """Verbs that belong together: the code of a wrong argument, and the title of their page in the reference."""

    name: str
    title: str = ""
    failure: Code = Code.TYPE_FAILED
    exec_class: ExecClass = "Cpu"
    options: dict[str, AnyType] = field(default_factory=dict)

    def verb(
        self, *names: str, examples: Sequence[Example] = (), **options: AnyType
    ) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
        """Declares a function as a verb; further names are synonyms. Options are the fields of `Verb`."""

        def declare(function: Callable[..., Value]) -> Callable[..., Value]:
            for position, name in enumerate(names):
                shown = examples if position == 0 else ()
                settings = {"failure": self.failure, "exec_class": self.exec_class, **self.options, **options}
                if name in TABLE:
                    raise ValueError(f"verb {name} is declared twice")
                TABLE[name] = _read(name, self.name, function, shown, settings)
            return function

        return declare


def _read(
    name: str,
    family: str,
    function: Callable[..., Value],
    examples: Sequence[Example],
    options: dict[str, AnyType],
) -> Verb:
    operand: Parameter | None = None
    modifiers: dict[str, Parameter] = {}
    receives: Literal["", "context", "run"] = ""
    keeps = ""
    for parameter in inspect.signature(function).parameters.values():
        hint = parameter.annotation
        if hint is Context or hint is Run:
            receives = "context" if hint is Context else "run"
        elif hint in (Steps, Entries):
            keeps = parameter.name
        elif parameter.kind is parameter.KEYWORD_ONLY:
            declared = _parameter(parameter, hint)
            modifiers[declared.keyword] = declared
        else:
            operand = _parameter(parameter, hint)
    doc = inspect.getdoc(function)
    if not doc:
        raise ValueError(f"verb {name} has no doc")
    return Verb(
        name, family, function, operand, modifiers, doc, tuple(examples), receives=receives, keeps=keeps, **options
    )


def _parameter(parameter: inspect.Parameter, hint: AnyType) -> Parameter:
    keyword = parameter.name.rstrip("_").upper().replace("_", " ")
    if parameter.kind is parameter.KEYWORD_ONLY and keyword not in MODIFIERS:
        raise ValueError(f"{keyword} is no modifier of the language")
    many = parameter.kind is parameter.VAR_POSITIONAL
    required = parameter.default is parameter.empty
    default = None if required else parameter.default
    shown = parameter.name.rstrip("_")
    return Parameter(shown, keyword, _kind(hint), required, default, many, parameter.name)


def _kind(hint: AnyType) -> Kind:
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        return Kind("choice", choices=tuple(str(choice) for choice in choices))
    if typing.get_origin(hint) is Annotated:
        found = next((extra for extra in hint.__metadata__ if isinstance(extra, Kind)), None)
        if found:
            return found
    inner = [_kind(arg) for arg in typing.get_args(hint) if arg is not type(None)]
    if len(inner) == 1:
        return inner[0]
    raise ValueError(f"{hint} is no kind of value")


def fan_out_message(verb: str, code: Code = Code.TYPE_FAILED) -> OqlError:
    """The error of a verb that cannot take a multivariable at all."""
    return expected(code, f"one value for {verb}", "a multivariable", hint="use COLLAPSE to make it an array first")


__all__ = [
    "TABLE", "Any", "Array", "Binary", "Boolean", "Branches", "Condition", "Entries", "Family", "Kind", "Multi",
    "Number", "Object", "Parameter", "Run", "Steps", "Text", "TextOrArray", "TextOrBinary", "Verb", "Whole",
]  # fmt: skip
