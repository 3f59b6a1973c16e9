"""Conditions of chains, such as `{score} >= 7 && {verdict} contains "good"`.

A condition is read before any value is looked up, so that no value can change what it asks.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from chains.references import NAME, Reference, Scope, Template, template
from oql.errors import Code, OqlError, failed
from oql.values import as_number

MOST_NESTED = 100
MOST_CHARACTERS = 10_000
_FALSE = frozenset(("", "false", "0"))
_ESCAPED = re.compile(r"\\([\"'\\])")


def _numbers(compare: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    def holds(left: str, right: str) -> bool:
        first, second = as_number(left), as_number(right)
        return first is not None and second is not None and compare(first, second)

    return holds


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda left, right: left.strip() == right.strip(),
    "!=": lambda left, right: left.strip() != right.strip(),
    "contains": lambda left, right: right in left,
    ">=": _numbers(operator.ge),
    "<=": _numbers(operator.le),
    ">": _numbers(operator.gt),
    "<": _numbers(operator.lt),
}
"""What stands between two operands, and when it holds. Texts are compared without the blanks around them."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A text that may hold references."""

    text: Template
    depth = 0

    @property
    def references(self) -> list[Reference]:
        """What it asks for."""
        return self.text.references

    def holds(self, scope: Scope) -> bool:
        """An operand alone holds unless it is empty, `false` or `0`."""
        return self.text.fill(scope).strip() not in _FALSE


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands, and one of OPERATORS between them."""

    left: Operand
    operator: str
    right: Operand
    depth = 0

    @property
    def references(self) -> list[Reference]:
        """What it asks for."""
        return [*self.left.references, *self.right.references]

    def holds(self, scope: Scope) -> bool:
        """Whether it does, with these variables."""
        return OPERATORS[self.operator](self.left.text.fill(scope), self.right.text.fill(scope))


@dataclass(frozen=True, slots=True)
class Several:
    """Conditions of which `test`, which is `any`, `all` or none of them, must hold; `depth` is that of the deepest."""

    test: Callable[..., bool]
    conditions: tuple["Condition", ...]
    depth: int

    @property
    def references(self) -> list[Reference]:
        """What they ask for."""
        return [reference for condition in self.conditions for reference in condition.references]

    def holds(self, scope: Scope) -> bool:
        """Whether they do, with these variables."""
        return self.test(condition.holds(scope) for condition in self.conditions)


Condition = Operand | Comparison | Several


def _none(conditions: Any) -> bool:
    return not any(conditions)


def condition(text: str, name: str = NAME) -> Condition:
    """The condition that a text states. Raises OqlError (ParseError): what was expected, and at which column.

    name: how names in references are written, as in `chains.references`.
    """
    if len(text) > MOST_CHARACTERS:
        raise failed(Code.PARSE_ERROR, f"the condition is longer than {MOST_CHARACTERS:,} characters")
    return _kept(text, name)


@lru_cache(maxsize=1_024)
def _kept(text: str, name: str) -> Condition:
    try:
        found: Any = _parser(name).parse(text)
    except UnexpectedInput as error:
        raise _unreadable(text, error) from None
    except VisitError as error:
        raise error.orig_exc from None
    assert isinstance(found, Condition)
    return found


def _unreadable(text: str, error: UnexpectedInput) -> OqlError:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return failed(Code.PARSE_ERROR, "the condition ends where a value, or another part of it, was expected")
    place: int = getattr(error, "pos_in_stream", 0)  # which the library declares to be None
    found = text[place:].split(maxsplit=1)[0][:20]
    return failed(
        Code.PARSE_ERROR,
        f"the condition cannot be read at column {place + 1}, before `{found}`",
        'texts with blanks, brackets or operators stand in quotes: {verdict} == "not yet"',
    )


class _Reader(Transformer[Token, Condition]):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    @v_args(inline=True)
    def quoted(self, token: Token) -> Operand:
        return Operand(template(_ESCAPED.sub(r"\1", token[1:-1]), self._name))

    def unquoted(self, parts: list[Token]) -> Operand:
        """Its parts with the blanks that stand between them."""
        texts = []
        end = parts[0].start_pos
        for part in parts:
            assert end is not None
            assert part.start_pos is not None
            texts += [" " * (part.start_pos - end), str(part)]
            end = part.end_pos
        return Operand(template("".join(texts).strip(), self._name))

    @v_args(inline=True)
    def comparison(self, left: Operand, between: Token | None, right: Operand | None) -> Condition:
        return left if between is None or right is None else Comparison(left, str(between), right)

    def negation(self, inner: list[Condition]) -> Condition:
        return _several(_none, inner)

    def either(self, inner: list[Condition]) -> Condition:
        return inner[0] if len(inner) == 1 else _several(any, inner)

    def all(self, inner: list[Condition]) -> Condition:
        return inner[0] if len(inner) == 1 else _several(all, inner)


def _several(test: Callable[..., bool], inner: list[Condition]) -> Several:
    depth = 1 + max(condition.depth for condition in inner)
    if depth > MOST_NESTED:
        raise failed(Code.PARSE_ERROR, f"the condition nests more than {MOST_NESTED} levels deep")
    return Several(test, tuple(inner), depth)


@cache
def _parser(name: str) -> Lark:
    text = files("grammar").joinpath("condition.lark").read_text(encoding="utf-8").replace(NAME, name)
    return Lark(text, parser="lalr", lexer="contextual", transformer=_Reader(name), maybe_placeholders=True)
