"""Compiles the text of CALCULATE and computes it.

    text -> nodes (oql/expression.py) -> postfix order, a register each -> a loop over the operations

Neither compiling nor computing recurses, so a hundred thousand terms or signs are as safe as one. What may
grow is checked: the length of the text, the nesting, and the size of every result.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from oql.arithmetic import LARGEST, LEAST, MAX_BITS, Number, rounded
from oql.errors import OqlError
from oql.expression import Fault, Node, placed, read
from oql.selectors import follow, names_in
from oql.values import SKIPPED, Multi, Value, as_number, kind_of

_LONGEST_KEPT = 4_000

Variables: TypeAlias = Mapping[str, Value]
Evaluate: TypeAlias = Callable[[Variables], Number]
Operation: TypeAlias = Callable[..., Number]


@dataclass(frozen=True, slots=True)
class Calculation:
    """A compiled expression; any number of threads may evaluate it at once.

    `variables` are the names it mentions, `terms` its nodes, each behind its arguments. `evaluate` takes the values and
    gives the result, or raises CalculateFailed with the place inside the text.
    """

    text: str
    variables: frozenset[str]
    terms: tuple[Node, ...]
    evaluate: Evaluate


def compile_calculation(text: str) -> Calculation:
    """The compiled form of an expression, kept for the next use.

    Raises CalculateFailed for bad syntax and unknown names.
    """
    return _kept(text) if len(text) <= _LONGEST_KEPT else _compile(text)


def mentioned(text: str) -> Iterable[str]:
    """The names of the variables in an expression; none when it cannot be compiled."""
    try:
        return compile_calculation(text).variables
    except OqlError:
        return ()


def _compile(text: str) -> Calculation:
    nodes = _postfix(read(text))
    names = frozenset(name for node in nodes if node.name for name in (node.name, *names_in(node.path)))
    return Calculation(text, names, tuple(nodes), _evaluator(nodes, text, constant=not names))


_kept = lru_cache(maxsize=1_024)(_compile)


def _postfix(root: Node) -> list[Node]:
    """The nodes in an order in which each stands behind its arguments."""
    nodes, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting.extend(node.arguments)
    nodes.reverse()
    return nodes


def _evaluator(nodes: list[Node], text: str, *, constant: bool) -> Evaluate:
    general = _general(nodes, text)
    if constant:
        return _computed(general)
    if len(nodes) == 3 and nodes[2].function in (operator.add, operator.sub, operator.mul):
        return _shortcut(nodes, general)
    return general


def _computed(general: Evaluate) -> Evaluate:
    """An expression without variables is computed once; one that fails goes on failing each time."""
    try:
        value = general({})
    except OqlError:
        return general
    return lambda _: value


def _general(nodes: list[Node], text: str) -> Evaluate:
    """Any expression: a register for each node, those of constants filled in beforehand."""
    place = {id(node): register for register, node in enumerate(nodes)}
    filled: list[Any] = [node.constant for node in nodes]
    reads = tuple((place[id(node)], _reader(node)) for node in nodes if node.name)
    operations = tuple((place[id(node)], node.function, *_arguments(node, place)) for node in nodes if node.function)

    def evaluate(variables: Variables) -> Number:
        registers = filled[:]
        target = 0
        try:
            for target, reader in reads:
                registers[target] = reader(variables)
            for target, function, first, second in operations:
                value = registers[first]
                result = function(value) if second < 0 else function(value, registers[second])
                if not LEAST < result < LARGEST:
                    raise OverflowError
                registers[target] = result
        except Fault as fault:
            raise placed(fault, text) from None
        except (ArithmeticError, ValueError) as error:
            raise placed(_arithmetic_fault(error, nodes[target]), text) from None
        return rounded(registers[-1])

    return evaluate


def _arguments(node: Node, place: Mapping[int, int]) -> tuple[int, int]:
    """The registers of a function's arguments; -1 where it has only one."""
    first, *rest = (place[id(argument)] for argument in node.arguments)
    return first, rest[0] if rest else -1


def _arithmetic_fault(error: Exception, node: Node) -> Fault:
    if isinstance(error, ZeroDivisionError):
        return Fault("division by zero", node.at)
    if isinstance(error, OverflowError):
        hint = f"integers have up to {MAX_BITS:,} bits, other numbers reach 1.7e308"
        return Fault("the result is too large", node.at, hint)
    return Fault(f"`{node.symbol}` is not defined for this value", node.at)


def _reader(node: Node) -> Evaluate:
    """What reads a variable as a number."""
    name, path = node.name, node.path

    def reader(variables: Variables) -> Number:
        value = variables.get(name)
        if type(value) is int and not path:
            return value
        if path:
            value = follow(value, path, variables)
        if type(value) is Multi:
            value = value.branches[0]
        found = as_number(value)
        if found is None:
            kind = "null" if value is None or value is SKIPPED else kind_of(value)
            raise Fault(f"expected a number in `{node.symbol}`, found {kind}", node.at)
        return found

    return reader


def _shortcut(nodes: list[Node], general: Evaluate) -> Evaluate:
    """`?i + 1` and its like on integers; whatever else its variables hold is left to `general`."""
    left, right, applied = nodes
    operation = applied.function
    if operation is None or not _plain(left):
        return general
    if _plain(right):
        return _on_variables(operation, left.name, right.name, general)
    if type(right.constant) is int:
        return _on_constant(operation, left.name, right.constant, general)
    return general


def _plain(node: Node) -> bool:
    return bool(node.name) and not node.path


def _on_constant(operation: Operation, name: str, constant: int, general: Evaluate) -> Evaluate:
    def evaluate(variables: Variables) -> Number:
        value = variables.get(name)
        if type(value) is int:
            result = operation(value, constant)
            if LEAST < result < LARGEST:
                return result
        return general(variables)

    return evaluate


def _on_variables(operation: Operation, left: str, right: str, general: Evaluate) -> Evaluate:
    def evaluate(variables: Variables) -> Number:
        first, second = variables.get(left), variables.get(right)
        if type(first) is int and type(second) is int:
            result = operation(first, second)
            if LEAST < result < LARGEST:
                return result
        return general(variables)

    return evaluate
