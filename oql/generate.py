"""Writes the Python function that runs passes of a loop of quick steps, and of IFs with such.

    def passes(variables, machine, reached, most): ...

It runs at most so many passes and leaves in `reached` how far it came, also when a step raises. What loops are made of
is written out: operands of the kind that a verb takes, integers in conditions and in CALCULATE. All else is left to the
closures of `oql/link.py`, so what a step means stands in one place. Where every step is written out, variables are
locals of the function; the dictionary gets them when it ends, and when a closure reads them.

No text of a program becomes part of the source: names of variables are quoted, values are bound to names.
"""

import operator
from collections.abc import Collection, Sequence
from typing import Any

from oql import verbs
from oql.budget import MEMORY_GRAIN, weigh
from oql.calls import computing, prepared
from oql.evaluate import OF_NUMBERS, names_of, predicate
from oql.expression import Node as Term
from oql.loops import If, Node, Passes, Step, noted
from oql.noting import Entries, Lines, Noting, OneSum, Sums
from oql.program import Instruction
from oql.values import SCALARS
from oql.verbs.declare import Verb

_COMPARISONS: dict[Any, str] = {
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip
_ARITHMETIC: dict[Any, str] = {operator.add: "+", operator.sub: "-", operator.mul: "*"}
_SMALL, _LARGE = (1 << 30) - 1, 1 << 60
"""Integers below the first are compared quickest; 16 below the other never make a result that is too large."""
_MOST_TERMS = 16
_STATE = "!STATE(IF)"
_UNSET = object()


def function(loop: Instruction, nodes: Sequence[Node], *, entries: bool) -> Passes:
    """The function of a loop with these in its passes. `entries`: each step is an entry of the trace, not summed."""
    inside = list(noted(nodes))
    steps = [node.at for node in inside if isinstance(node, Step)]
    ifs = [node.at for node in inside if isinstance(node, If)]
    sums = OneSum(steps[0]) if len(steps) == 1 and not ifs else Sums(steps, ifs)
    writer = _Writer(loop, nodes, Entries(ifs) if entries else sums)
    exec("\n".join(writer.function()), writer.bound)  # noqa: S102 - every part of it is written in this module
    passes: Passes = writer.bound["passes"]
    return passes


def _inside(head: str, lines: Lines) -> Lines:
    return [head, *[f"    {line}" for line in lines]]


class _Writer:
    """Writes one function. What its source names is `bound`."""

    def __init__(self, loop: Instruction, nodes: Sequence[Node], noting: Noting) -> None:
        self.bound: dict[str, Any] = {"unset": _UNSET, "weigh": weigh, "scalars": SCALARS}
        self._loop, self._nodes, self._noting = loop, nodes, noting
        inside = list(noted(nodes))
        steps = [node.item for node in inside if isinstance(node, Step)]
        self._hoisted = all(map(_is_written_out, steps))
        state = [_STATE] if len(steps) < len(inside) else []
        names = [*_loop_variables(loop), *state, *map(_target, steps)]
        self._written = list(dict.fromkeys(name for name in names if name))
        self._locals: dict[str, str] = {}

    def function(self) -> Lines:
        """The whole function. Its beginning is written last, when it is known which locals there are."""
        passes = _inside("try:", self._foreach() if self._loop.op == "next" else self._while())
        ending = _inside("finally:", self._ending())
        return _inside("def passes(variables, machine, reached, most):", [*self._beginning(), *passes, *ending])

    def _beginning(self) -> Lines:
        hoisted = [f"{local} = get({name!r}, unset)" for name, local in self._locals.items() if self._hoisted]
        return [
            "get, clock = variables.get, machine.context.monotonic_ns",
            "first = done = reached.begun",
            "at, value, held, now = None, reached.value, reached.held, clock()",
            *self._noting.beginning(), *hoisted,
        ]  # fmt: skip

    def _ending(self) -> Lines:
        return [
            *self._given_back(), *self._noting.ending(),
            "reached.begun = done if at is None else done + 1",
            "reached.steps += reached.begun - first",
            "reached.at, reached.now, reached.value, reached.held = at, now, value, held",
        ]  # fmt: skip

    # passes

    def _while(self) -> Lines:
        told = self._told({"!INDEX": "done", "!STATE(WHILE)": "done + 1"})
        body = [*self._stops(self._loop.data["condition"]), *told, *self._pass()]
        return [*_inside("for done in range(first, first + most):", body), *_inside("else:", ["done += 1"])]

    def _foreach(self) -> Lines:
        told = self._told({"!VALUE": "element", "!KEY": "key", "!INDEX": "done", "!STATE(FOREACH)": "done + 1"})
        body = [*self._assigned(self._loop.data["variable"], "element"), *told, *self._pass()]
        return [
            "done -= 1",
            *_inside("for done, (key, element) in zip(range(first, first + most), reached.elements):", body),
            *_inside("else:", ["done += 1", "reached.ended = done - first < most"]),
            "at = None",
        ]

    def _told(self, state: dict[str, str]) -> Lines:
        """What the program can ask a loop for, where it does."""
        asked = state if self._loop.data["mentioned"] else {}
        return [line for name, value in asked.items() for line in self._assigned(name, value)]

    def _pass(self) -> Lines:
        steps = self._block(self._nodes)
        enough = _inside(f"if held > {MEMORY_GRAIN}:", ["done += 1", "break"])
        between = ["at = None"] if self._loop.op == "loop" else []  # a condition comes next, which may fail
        holds = any("held +=" in line for line in steps)
        return [*self._noting.passing(), *steps, *between, *(enough if holds else [])]

    def _block(self, nodes: Sequence[Node]) -> Lines:
        return [line for node in nodes for line in self._node(node)]

    def _node(self, node: Node) -> Lines:
        if isinstance(node, Step):
            return [f"at = {node.at}", *self._value(node), *self._noting.step(node.at)]
        return self._if(node) if isinstance(node, If) else ["value = None"]

    def _if(self, node: If) -> Lines:
        lines = self._block(node.otherwise)
        for at, condition, inside in reversed(node.arms):
            test = [f"at = {at}", *self._holds(condition), *self._assigned(_STATE, "holds")]
            lines = [*test, *_inside("if holds:", self._block(inside)), *_inside("else:", lines)]
        return [*self._noting.opening(node.at), *lines, *self._noting.closing(node.at)]

    # steps

    def _value(self, node: Step) -> Lines:
        """A step, but for its accounts."""
        item = node.item
        if not _is_written_out(item):
            return [f"value = {self._bind(node.act)}(variables, machine)", *_HELD]
        verb, put = verbs.table()[item.data["verb"]], self._assigned(_target(item), "value")
        calculation = prepared(item, verb)
        if calculation is None:
            gives_text = verb.function.__annotations__.get("return") is str
            return [*self._computed(item, verb), *put, *(_HELD_TEXT if gives_text else _HELD)]
        evaluated = f"value = {self._bind(calculation.evaluate)}(variables)"
        return [*self._calculated(calculation.terms, [*self._given_back(calculation.variables), evaluated]), *put]

    def _computed(self, item: Instruction, verb: Verb) -> Lines:
        """The call of a verb that needs nothing but its operand."""
        found = computing(item, verb)
        assert found is not None
        assert verb.operand is not None
        function, evaluate = map(self._bind, found)
        operand, types = item.data["operands"][0], verb.operand.kind.types
        evaluated = [*self._given_back(names_of(operand)), f"value = {function}({evaluate}(variables))"]
        if not _is_plain(operand) or not types:
            return evaluated
        local = self._local(operand[1])
        fits = f"if {local}.__class__ in {self._bind(types)}:"
        if len(types) == 1:
            fits = f"if {local}.__class__ is {self._bind(*types)}:"
        called = _inside(fits, [f"value = {function}({local})"])
        return [*self._read(operand[1]), *called, *_inside("else:", evaluated)]

    def _calculated(self, terms: Sequence[Term], otherwise: Lines) -> Lines:
        """An expression; as one of Python's where it only adds and multiplies integers that are not too large."""
        names = list(dict.fromkeys(term.name for term in terms if term.name))
        formula = self._formula(terms)
        if not names or formula is None:
            return otherwise
        fits = [
            f"{v}.__class__ is int and ({v} < {_SMALL} and {v} > -{_SMALL} or -{_LARGE} < {v} < {_LARGE})"
            for v in map(self._local, names)
        ]
        reads = [line for name in names for line in self._read(name)]
        computed = _inside(f"if {' and '.join(fits)}:", [f"value = {formula}"])
        return [*reads, *computed, *_inside("else:", otherwise)]

    def _formula(self, terms: Sequence[Term]) -> str | None:
        if len(terms) > _MOST_TERMS:
            return None
        made: list[str] = []
        for term in terms:
            if term.name and not term.path:
                made.append(self._local(term.name))
            elif type(term.constant) is int and term.constant < _LARGE:
                made.append(str(term.constant))
            elif term.function in _ARITHMETIC:
                right, left = made.pop(), made.pop()
                made.append(f"({left} {_ARITHMETIC[term.function]} {right})")
            else:
                return None
        return made[0]

    # conditions

    def _stops(self, condition: list[Any]) -> Lines:
        """The end of a loop whose condition does not hold."""
        stop = ["reached.ended = True", "break"]
        evaluated = [*self._evaluated(condition), *_inside("if not holds:", stop)]
        compared = self._compared(condition)
        if compared is None:
            return evaluated
        reads, fits, comparison = compared
        return [*reads, *_inside(fits, _inside(f"if not {comparison}:", stop)), *_inside("else:", evaluated)]

    def _holds(self, condition: list[Any]) -> Lines:
        """Sets `holds`."""
        compared = self._compared(condition)
        if compared is None:
            return self._evaluated(condition)
        reads, fits, comparison = compared
        return [*reads, *_inside(fits, [f"holds = {comparison}"]), *_inside("else:", self._evaluated(condition))]

    def _evaluated(self, condition: list[Any]) -> Lines:
        return [*self._given_back(), f"holds = {self._bind(predicate(condition))}(variables)"]

    def _compared(self, condition: list[Any]) -> tuple[Lines, str, str] | None:
        """Where a condition compares variables with each other or with numbers: what reads them, the test for integers,
        and the comparison of integers."""
        sign = _COMPARISONS.get(OF_NUMBERS.get(condition[1])) if condition[0] == "compare" else None
        sides = condition[2:4] if sign else []
        names = [side[1] for side in sides if _is_plain(side)]
        if not names or not all(_is_plain(side) or _is_small(side) for side in sides):
            return None
        left, right = [self._local(side[1]) if _is_plain(side) else str(side[1]) for side in sides]
        reads = [line for name in names for line in self._read(name)]
        fits = " and ".join(f"{self._local(name)}.__class__ is int" for name in names)
        return reads, f"if {fits}:", f"{left} {sign} {right}"

    # names

    def _bind(self, value: object) -> str:
        name = f"b{len(self.bound)}"
        self.bound[name] = value
        return name

    def _local(self, name: str) -> str:
        return self._locals.setdefault(name, f"v{len(self._locals)}")

    def _read(self, name: str) -> Lines:
        """Makes the local of a variable be its value."""
        return [] if self._hoisted else [f"{self._local(name)} = get({name!r}, unset)"]

    def _assigned(self, name: str | None, value: str) -> Lines:
        if name is None:
            return []
        return [f"{self._local(name)} = {value}" if self._hoisted else f"variables[{name!r}] = {value}"]

    def _given_back(self, names: Collection[str] | None = None) -> Lines:
        """Brings the dictionary up to date: all of it, or these variables."""
        return [
            line
            for name in self._written
            if self._hoisted and (names is None or name in names)
            for line in _inside(f"if {self._local(name)} is not unset:", [f"variables[{name!r}] = {self._local(name)}"])
        ]


_HELD_TEXT = ["held += len(value)"]
_HELD = [
    *_inside("if value.__class__ is str:", _HELD_TEXT),
    *_inside("elif value.__class__ not in scalars:", ["held += weigh(value)"]),
]
"""Counts what a step has made."""


def _is_written_out(item: Instruction) -> bool:
    target, verb = item.data["target"], verbs.table()[item.data["verb"]]
    plain = target is None or not target[1]
    return plain and (prepared(item, verb) is not None or computing(item, verb) is not None)


def _target(item: Instruction) -> str | None:
    target = item.data["target"]
    return target[0] if target else None


def _is_plain(operand: list[Any]) -> bool:
    """Whether an operand is a whole variable."""
    return operand[0] == "variable" and not operand[2]


def _is_small(operand: list[Any]) -> bool:
    return operand[0] == "value" and type(operand[1]) is int and -_SMALL < operand[1] < _SMALL


def _loop_variables(loop: Instruction) -> list[str]:
    """The variables that a loop sets in each pass."""
    if loop.op == "loop":
        return ["!INDEX", "!STATE(WHILE)"] if loop.data["mentioned"] else []
    told = ["!VALUE", "!INDEX", "!KEY", "!STATE(FOREACH)"] if loop.data["mentioned"] else []
    return [loop.data["variable"], *told]
