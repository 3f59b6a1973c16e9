"""Turns the steps of a program into calls of their verbs, with operands evaluated and their kinds seen to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oql import verbs
from oql.errors import Code, expected, failed
from oql.evaluate import Evaluator, Variables, plain, raw, selectors
from oql.program import Instruction
from oql.selectors import assigned
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
    options = [
        (_python_name(verb, keyword), _argument(verb, verb.modifiers[keyword], operand, main=False))
        for keyword, operand in item.data["modifiers"].items()
    ]
    function = _receiving(verb)
    if not options:
        return lambda operand, variables, machine: (
            function(machine, operand(variables)) if operand else function(machine)
        )

    def call(operand: Evaluator | None, variables: Variables, machine: "Machine") -> Value:
        named = {name: argument(variables) for name, argument in options}
        return function(machine, operand(variables), **named) if operand else function(machine, **named)

    return call


def _python_name(verb: Verb, keyword: str) -> str:
    return verb.modifiers[keyword].python


def _receiving(verb: Verb) -> Callable[..., Value]:
    function = verb.function
    if verb.receives == "run":
        return function
    if verb.receives == "context":
        return lambda machine, *args, **named: function(machine.context, *args, **named)
    return lambda machine, *args, **named: function(*args, **named)


def link_step(item: Instruction, at: int) -> Act:
    verb = verbs.table()[item.data["verb"]]
    if verb.needs:
        return _unsupported(verb)
    if verb.block in ("items", "pairs") or (verb.operand and verb.operand.many):
        value = _link_many(item, verb)
    else:
        value = _link_one(item, verb)
    return _binding(item, value)


def _unsupported(verb: Verb) -> Act:
    def act(variables: Variables, machine: "Machine") -> Value:
        raise failed(Code.UNSUPPORTED, f"`{verb.name}` needs {verb.needs}, which this build does not have")

    return act


def main_operand(item: Instruction, verb: Verb) -> Evaluator | None:
    """The evaluator of a step's main operand, or None when it has none."""
    if not item.data["operands"] or verb.operand is None:
        return None
    return _argument(verb, verb.operand, item.data["operands"][0], main=True)


def _link_one(item: Instruction, verb: Verb) -> Act:
    prepared = _prepared(item, verb)
    if prepared:
        return prepared
    operand = main_operand(item, verb)
    function = verb.function
    if operand and not item.data["modifiers"]:
        if not verb.receives:
            return lambda variables, machine: function(operand(variables))
        if verb.receives == "run":
            return lambda variables, machine: function(machine, operand(variables))
    call = step_call(item)
    return lambda variables, machine: call(operand, variables, machine)


def _prepared(item: Instruction, verb: Verb) -> Act | None:
    """The step of a verb that works its literal operand out in advance; a bad operand is left to the run."""
    operands = item.data["operands"]
    if verb.prepare is None or item.data["modifiers"] or not operands or operands[0][0] != "value":
        return None
    try:
        prepared = verb.prepare(operands[0][1])
    except Exception:  # noqa: BLE001 - whatever is wrong with the operand, the step itself will say
        return None
    return lambda variables, machine: prepared(variables)


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


def _key(value: Value) -> str:
    if isinstance(value, str):
        return value
    raise expected(Code.TYPE_FAILED, "text as a key", kind_of(value))


def _argument(verb: Verb, parameter: Parameter, operand: list[Any], main: bool) -> Evaluator:
    """The evaluator of an operand with its kind seen to."""
    kind, failure = parameter.kind, verb.failure
    place = "" if main else f" behind {parameter.keyword}"
    if kind.role == "condition":
        return lambda variables: operand
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


def with_branch(variables: Variables, value: Value) -> Variables:
    """The variables as `branch_operand` reads them."""
    return {**variables, _BRANCH: value}


def branch_operand(verb: Verb) -> Evaluator:
    """The main operand of a step that fans out: the value of one branch."""
    assert verb.operand is not None
    return _argument(verb, verb.operand, ["variable", _BRANCH, []], main=True)


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
