"""Reads the text of CALCULATE into nodes, and words what is wrong with it."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from oql import grammar
from oql.arithmetic import CONSTANTS, FUNCTIONS, OPERATORS, Function, Number
from oql.errors import Code, OqlError, failed, nearest
from oql.selectors import Selector, split_variable
from oql.values import number

MAX_LENGTH = 250_000
MAX_NESTING = 200
_LONGEST_SHOWN = 60
_FOUND = re.compile(r"[?!]?\w+|\S")


class Fault(Exception):
    """A failure at an offset of the expression; `placed` makes the error of it that leaves here."""

    def __init__(self, message: str, at: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint


def placed(fault: Fault, text: str) -> OqlError:
    """The error with its place, counted from 1, and with the expression where that is short."""
    readable = text.strip() and len(text) <= _LONGEST_SHOWN and text.isprintable()
    shown = f" of `{text}`" if readable else ""
    return failed(Code.CALCULATE_FAILED, f"{fault.message} at character {fault.at + 1}{shown}", fault.hint)


@dataclass(slots=True)
class Node:
    """A constant, a variable with its selectors, or a function of one or two nodes."""

    symbol: str
    at: int
    constant: Number | None = None
    name: str = ""
    path: tuple[Selector, ...] = ()
    function: Callable[..., Number] | None = None
    arguments: tuple["Node", ...] = ()
    nesting: int = 0


def read(text: str) -> Node:
    """The root of an expression. Raises CalculateFailed."""
    if len(text) > MAX_LENGTH:
        raise failed(Code.CALCULATE_FAILED, f"the expression is longer than {MAX_LENGTH:,} characters")
    try:
        root: Any = _parser().parse(text)
    except UnexpectedInput as error:
        raise placed(_syntax_fault(error, text), text) from None
    except Fault as fault:
        raise placed(fault, text) from None
    return root  # type: ignore[no-any-return]  # lark types its results as trees


class _Build(Transformer[Token, Node]):
    """Lark calls these with a rule's children, from the leaves up."""

    def start(self, children: list[Node]) -> Node:
        return children[0]

    def binary(self, children: list[Any]) -> Node:
        left, sign, right = children
        return _applied(sign, OPERATORS[sign], (left, right))

    def unary(self, children: list[Any]) -> Node:
        sign, value = children
        return value if sign == "+" else _applied(sign, operator.neg, (value,))

    def number(self, children: list[Token]) -> Node:
        found = number(children[0])
        if found is None:
            raise Fault("the number is too large", _start(children[0]))
        return Node(str(children[0]), _start(children[0]), constant=found)

    def variable(self, children: list[Token]) -> Node:
        name, path = split_variable(children[0][1:])
        return Node(str(children[0]), _start(children[0]), name=name, path=path)

    def constant(self, children: list[Token]) -> Node:
        name = children[0]
        value = CONSTANTS.get(name.lower())
        if value is None:
            raise _no_constant(name)
        return Node(str(name), _start(name), constant=value)

    def call(self, children: list[Any]) -> Node:
        name: Token = children[0]
        arguments = tuple(child for child in children[1:] if isinstance(child, Node))
        function = FUNCTIONS.get(name.lower())
        if function is None:
            raise _no_function(name)
        if len(arguments) < function.least or (function.most and len(arguments) > function.most):
            raise _wrong_count(name, function, len(arguments))
        return _nested(_called(name, function, arguments), _start(name))

    def group(self, children: list[Any]) -> Node:
        opening, node, _ = children
        return _nested(node, _start(opening))


def _start(token: Token) -> int:
    return token.start_pos or 0


def _applied(token: Token, function: Callable[..., Number], arguments: tuple[Node, ...]) -> Node:
    nesting = max(argument.nesting for argument in arguments)
    return Node(str(token), _start(token), function=function, arguments=arguments, nesting=nesting)


def _called(name: Token, function: Function, arguments: tuple[Node, ...]) -> Node:
    """A call; one of any number of arguments becomes calls of two."""
    if function.most is not None:
        return _applied(name, function.apply, arguments)
    node = arguments[0]
    for argument in arguments[1:]:
        node = _applied(name, function.apply, (node, argument))
    return node


def _nested(node: Node, at: int) -> Node:
    node.nesting += 1
    if node.nesting > MAX_NESTING:
        raise Fault(f"more than {MAX_NESTING} parentheses stand inside each other", at)
    return node


def _no_constant(name: Token) -> Fault:
    if name.lower() in FUNCTIONS:
        return Fault(f"`{name}` is a function", _start(name), f"write `{name}(...)` with what it is applied to")
    return Fault(f"`{name}` is not a constant", _start(name), f"variables begin with `?`: write `?{name}`")


def _no_function(name: Token) -> Fault:
    guess = nearest(name, FUNCTIONS)
    hint = f"did you mean `{guess}`?" if guess else f"the functions are {', '.join(FUNCTIONS)}"
    return Fault(f"`{name}` is not a function", _start(name), hint)


def _wrong_count(name: Token, function: Function, found: int) -> Fault:
    least, most = function.least, function.most
    takes = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
    plural = "" if takes == "1" else "s"
    return Fault(f"`{name}` takes {takes} argument{plural}, found {found}", _start(name))


@cache
def _parser() -> Lark:
    return grammar.load("calculate", lexer="contextual", transformer=_Build())


def _syntax_fault(error: UnexpectedInput, text: str) -> Fault:
    accepted: set[str] = set()
    at: int = error.pos_in_stream or 0  # type: ignore[redundant-expr]  # lark's stubs say int, its end of input has None
    if isinstance(error, UnexpectedToken):
        accepted = set(error.expected)
        at = len(text.rstrip()) if error.token.type == "$END" else at
    elif isinstance(error, UnexpectedCharacters):
        accepted = set(error.allowed)
    match = _FOUND.match(text, at)
    found = f"`{match[0]}`" if match else "the end"
    return Fault(f"expected {_wanted(accepted, text, at)}, found {found}", at, _syntax_hint(text, at))


def _wanted(accepted: set[str], text: str, at: int) -> str:
    if "NUMBER" in accepted:
        return "a value"
    unclosed = text.count("(", 0, at) > text.count(")", 0, at)
    return "an operator or `)`" if unclosed else "an operator"


def _syntax_hint(text: str, at: int) -> str | None:
    before, found = text[at - 1 : at], text[at : at + 1]
    if found == "(":
        return "write `*` to multiply"
    if found == "!":
        return "SET a variable to the system variable's value first"
    if found == "*" and before == "*":
        return "write powers as `^`"
    return None
