"""Turns the steps of a program into calls of their verbs, with operands evaluated and their kinds seen to."""

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from oql import verbs
from oql.calculate import Calculation
from oql.entries import Entry
from oql.errors import Code, expected, failed
from oql.evaluate import Evaluator, Variables, plain, raw, selectors
from oql.people.forms import fields_evaluator
from oql.program import Instruction
from oql.recording import BRANCH_NUMBER, recorded
from oql.selectors import assigned
from oql.tables import conditions
from oql.values import SKIPPED, Multi, Value, kind_of
from oql.verbs.declare import Parameter, Verb

if TYPE_CHECKING:
    from oql.machine import Machine

Act = Callable[..., Any]


class FanOut(Exception):
    """The main operand is a multivariable: the step runs once a branch."""

    def __init__(self, value: Multi) -> None:
        self.value = value


def step_call(item: Instruction) -> Callable[[Evaluator | None, Variables, "Machine"], Value]:
    """The call of a step's verb with all but the main operand's evaluator bound; used again for each branch."""
    verb = verbs.table()[item.data["verb"]]
    options = _options(item, verb)
    function = _keeping(_receiving(verb), verb.keeps, item)
    if not options:
        return lambda operand, variables, machine: (
            function(machine, operand(variables)) if operand else function(machine)
        )

    def call(operand: Evaluator | None, variables: Variables, machine: "Machine") -> Value:
        named = {name: argument(variables) for name, argument in options}
        return function(machine, operand(variables), **named) if operand else function(machine, **named)

    return call


def _options(item: Instruction, verb: Verb) -> list[tuple[str, Evaluator]]:
    """The function's parameters that modifiers fill, each with its evaluator."""
    return [
        (_python_name(verb, keyword), _argument(verb, verb.modifiers[keyword], operand, main=False))
        for keyword, operand in item.data["modifiers"].items()
    ]


def _python_name(verb: Verb, keyword: str) -> str:
    return verb.modifiers[keyword].python


def _receiving(verb: Verb) -> Callable[..., Value]:
    function = verb.function
    if verb.receives == "run":
        return function
    if verb.receives == "context":
        return lambda machine, *args, **named: function(machine.context, *args, **named)
    return lambda machine, *args, **named: function(*args, **named)


def _keeping(function: Callable[..., Value], name: str, item: Instruction) -> Callable[..., Value]:
    """The call of a verb that keeps its block: with the text between OPEN NEST and CLOSE NEST as one more argument."""
    if not name or "body" not in item.data:
        return function
    start, end = item.data["body"]

    def call(machine: "Machine", *args: Value, **named: Value) -> Value:
        block = machine.program.source.text[start:end]
        return function(machine, *args, **named, **{name: _NESTS.sub("", block).strip()})

    return call


_NESTS = re.compile(r"\AOPEN\s+NEST|CLOSE\s+NEST\Z")


def link_step(item: Instruction, at: int, *, recording: bool = False) -> Act:
    """The closure of a step: `act(variables, machine)` calls the verb, binds the value to SET, and gives it.

    `recording`: through the journal of the run, where the verb does not only compute.
    """
    verb = verbs.table()[item.data["verb"]]
    if recording and verb.recorded(item.data["modifiers"]) and not verb.needs:
        if verb.block == "entries" and "block" in item.data:
            return _binding(item, _entering(item, recorded(item, verb, _link_entries(item, verb))))
        many = verb.block in ("items", "pairs") or bool(verb.operand and verb.operand.many)
        inner = _link_many(item, verb) if many else _link_one(item, verb)
        return _binding(item, recorded(item, verb, inner))
    if verb.needs:
        return _unsupported(verb)
    if verb.block == "entries" and "block" in item.data:
        return _binding(item, _entering(item, _link_entries(item, verb)))
    if verb.extends and _extends_its_target(item):
        return _link_extending(item, verb)
    if verb.block in ("items", "pairs") or (verb.operand and verb.operand.many):
        return _binding(item, _link_many(item, verb))
    calculation = prepared(item, verb)
    if calculation is not None:
        evaluate = calculation.evaluate
        return _binding(item, lambda variables, machine: evaluate(variables))
    computed = computing(item, verb)
    return _link_computing(item, *computed) if computed else _binding(item, _link_one(item, verb))


def _unsupported(verb: Verb) -> Act:
    def act(variables: Variables, machine: "Machine") -> Value:
        raise failed(Code.UNSUPPORTED, f"`{verb.name}` needs {verb.needs}, which this build does not have")

    return act


def main_operand(item: Instruction, verb: Verb) -> Evaluator | None:
    """The evaluator of a step's main operand, or None when it has none; that of GATHER is the fields of its block."""
    if verb.block == "fields":
        return fields_evaluator(item.data["block"])
    if not item.data["operands"] or verb.operand is None:
        return None
    return _argument(verb, verb.operand, item.data["operands"][0], main=True)


def _link_one(item: Instruction, verb: Verb) -> Act:
    operand, call = main_operand(item, verb), step_call(item)
    return lambda variables, machine: call(operand, variables, machine)


def prepared(item: Instruction, verb: Verb) -> Calculation | None:
    """What a verb makes of its literal operand in advance; a bad operand is left to the run."""
    operands = item.data["operands"]
    if verb.prepare is None or item.data["modifiers"] or not operands or operands[0][0] != "value":
        return None
    try:
        return verb.prepare(operands[0][1])
    except Exception:  # noqa: BLE001 - whatever is wrong with the operand, the step itself will say
        return None


def computing(item: Instruction, verb: Verb) -> tuple[Callable[[Any], Value], Evaluator] | None:
    """Function and operand of a step that needs nothing else."""
    if verb.needs or verb.block or verb.receives or item.data["modifiers"] or (verb.operand and verb.operand.many):
        return None
    operand = main_operand(item, verb)
    return (verb.function, operand) if operand else None


def _link_computing(item: Instruction, function: Callable[[Any], Value], operand: Evaluator) -> Act:
    """The steps that programs are made of, with as few calls as can be."""
    target = item.data["target"]
    if target is None or target[1]:
        return _binding(item, lambda variables, machine: function(operand(variables)))
    name = target[0]

    def set_computed(variables: Variables, machine: "Machine") -> Value:
        variables[name] = result = function(operand(variables))
        return result

    return set_computed


# growing an array in place, where nobody can see it


def _extends_its_target(item: Instruction) -> bool:
    into = item.data["modifiers"].get("INTO")
    return bool(into) and into[0] == "variable" and item.data["target"] == [into[1], into[2]] and not into[2]


def _references(variables: Variables, name: str) -> int:
    """How many references an array has, counted the same way each time."""
    array = variables.get(name)
    return sys.getrefcount(array)


_HELD_ONCE = _references({"array": []}, "array")
"""What `_references` gives for an array that only its variable holds: the interpreter's affair, so measured."""

_BYTES_AN_ELEMENT = 16


def _link_extending(item: Instruction, verb: Verb) -> Act:
    """`APPEND v INTO ?a`: copies would make a loop quadratic, so an array that nothing else holds grows itself."""
    name = item.data["target"][0]
    operand, copying = main_operand(item, verb), _binding(item, _link_one(item, verb))
    assert operand is not None

    def extend(variables: Variables, machine: "Machine") -> Value:
        value = operand(variables)
        if variables.get(name).__class__ is not list or _references(variables, name) != _HELD_ONCE:
            return copying(variables, machine)
        machine.claim(_BYTES_AN_ELEMENT)
        variables[name].append(value)
        return True

    return extend


def _link_many(item: Instruction, verb: Verb) -> Act:
    function = _receiving(verb)
    block = item.data.get("block")
    if verb.block == "pairs":
        pairs = [(plain(key), plain(value)) for key, value in block or ()]
        return lambda variables, machine: function(
            machine, {_key(key(variables)): value(variables) for key, value in pairs}
        )
    parameter = verb.operand
    assert parameter is not None
    operands = block if verb.block == "items" else item.data["operands"]
    values = [_argument(verb, parameter, operand, main=False) for operand in operands or ()]
    return lambda variables, machine: function(machine, *[value(variables) for value in values])


def _link_entries(item: Instruction, verb: Verb) -> Act:
    """A block of ENTER: code is evaluated when its turn comes, what was entered before it being bound already."""
    function, options = _receiving(verb), _options(item, verb)
    block = [(plain(code), target) for code, target in item.data["block"]]
    targets = [target for _, target in block]

    def act(variables: Variables, machine: "Machine") -> Value:
        def evaluated(code: Evaluator, values: list[Value]) -> Value:
            return code({**variables, **{name: value for name, value in zip(targets, values, strict=False) if name}})

        entries = [Entry(partial(evaluated, code), target is not None) for code, target in block]
        named = {name: argument(variables) for name, argument in options}
        return function(machine, **named, **{verb.keeps: entries})

    return act


def _entering(item: Instruction, values: Act) -> Act:
    """Binds what the entries of a block gave, once all have; so that a step that failed has bound nothing."""
    targets = [target for _, target in item.data["block"]]

    def act(variables: Variables, machine: "Machine") -> Value:
        entered = values(variables, machine)
        variables.update({name: value for name, value in zip(targets, entered, strict=True) if name})
        return entered

    return act


def _key(value: Value) -> str:
    if isinstance(value, str):
        return value
    raise expected(Code.TYPE_FAILED, "text as a key", kind_of(value))


def _argument(verb: Verb, parameter: Parameter, operand: list[Any], main: bool) -> Evaluator:
    """The evaluator of an operand with its kind seen to."""
    kind, failure = parameter.kind, verb.failure
    place = "" if main else f" behind {parameter.keyword}"
    if kind.role == "condition":
        return conditions.link(operand[1])
    evaluate = raw(operand) if main or kind.role == "branches" else plain(operand)
    if kind.role == "branches":
        return evaluate
    types, fit = kind.types, kind.fit
    if operand[0] == "value" and type(operand[1]) in types:
        return evaluate

    def checked(variables: Variables) -> Value:
        value = evaluate(variables)
        if value.__class__ in types:
            return value
        if value.__class__ is Multi and main:
            raise FanOut(value)
        return fit(value, place, failure)

    return checked


_BRANCH = "!BRANCH"


def with_branch(variables: Variables, value: Value, number: int) -> Variables:
    """The variables as `branch_operand` reads them."""
    return {**variables, _BRANCH: value, BRANCH_NUMBER: number}


def branch_call(item: Instruction, verb: Verb) -> Act:
    """A step that fans out, for one branch of its main operand: `act(variables of with_branch, machine)`."""
    assert verb.operand is not None
    call, operand = step_call(item), _argument(verb, verb.operand, ["variable", _BRANCH, []], main=True)
    return lambda variables, machine: call(operand, variables, machine)


def bind(item: Instruction) -> Callable[[Variables, Value], None]:
    """How a step's value gets to the variable behind SET."""
    name, path = item.data["target"][0], selectors(item.data["target"][1])
    if not path:
        return lambda variables, value: variables.__setitem__(name, value)

    def set_part(variables: Variables, value: Value) -> None:
        whole = variables.get(name)
        variables[name] = assigned(None if whole is SKIPPED else whole, path, value, variables)

    return set_part


def _binding(item: Instruction, value: Act) -> Act:
    target = item.data["target"]
    if target is None:
        return value
    if target[1]:
        put = bind(item)

        def set_part(variables: Variables, machine: "Machine") -> Value:
            result = value(variables, machine)
            put(variables, result)
            return result

        return set_part
    name = target[0]

    def set_whole(variables: Variables, machine: "Machine") -> Value:
        variables[name] = result = value(variables, machine)
        return result

    return set_whole
