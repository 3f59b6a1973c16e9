"""The control flow of the language, evaluated straight from its description: slow, recursive, and without any trick.

It shares nothing with the engine but the codes of errors, so that the two can be compared. Verbs are the few that
`tests/fuzz/trees.py` knows.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.fuzz.reading import equal, first, holds, number, operand, plain, text
from tests.fuzz.state import LOOP, SKIPPED, STEPS, Ended, Failed, Left, Mark, Multi, Run, TooLong, flat
from tests.fuzz.trees import (
    Act,
    Block,
    Chain,
    Foreach,
    Group,
    If,
    Leave,
    Nesting,
    Pause,
    Return,
    Step,
    Switch,
    Variable,
    While,
    name_of,
    names_bound,
    names_read,
)


def evaluate(program: Block, variables: dict[str, Any], waits: bool) -> Ended:
    """How the program ends that starts with these variables. Raises TooLong."""
    run = Run({**variables}, waits)
    code = returned = None
    try:
        _chains(program, run)
    except Failed as failure:
        code = str(failure)
    except Left as left:
        returned = left.value
    output = run.output
    result = output[0] if len(output) == 1 else "".join(map(text, output)) if output else first(returned)
    named = {k: plain(v) for k, v in run.variables.items() if k[0] != "!" and v is not SKIPPED}
    return Ended(code, plain(result), named, [(step, status) for step, status in run.trace])


# chains and groups


def _chains(chains: Block, run: Run) -> None:
    for chain in chains:
        _chain(chain, run)


def _chain(chain: Chain, run: Run) -> None:
    failure: Failed | None = None
    passed: list[Group] = []  # shown as skipped when an OR takes over
    for connector, group in zip(("", *chain.connectors), chain.groups, strict=True):
        if connector == "OR" and failure is None and run.value is not None:
            _mark(group, run)
            _pass_over(group, run)
            continue
        if connector == "AFTER" and failure is not None:
            passed.append(group)
            continue
        if connector == "OR":
            while passed:
                _pass_over(passed.pop(0), run)
            run.variables["!ERROR"] = None if failure is None else {"code": str(failure)}
            run.value = None
        try:
            _group(group, run)
            failure = None
        except Failed as failed:
            failure, run.value = failed, None
    if failure is not None:
        raise failure


def _pass_over(group: Group, run: Run) -> None:
    run.trace += [[name_of(step, run.waits), "Skipped"] for step in group.steps]


def _mark(part: Group | Step, run: Run) -> None:
    steps = part.steps if isinstance(part, Group) else (part,)
    for name in set[str]().union(*map(names_bound, steps)):
        run.variables.setdefault(name, SKIPPED)


def _group(group: Group, run: Run) -> None:
    if len(group.steps) == 1:
        _step(group.steps[0], run)
        return
    branches = []
    for step in group.steps:
        enclosed = run.enclosed or run.depth > 0
        branch = Run({**run.variables}, run.waits, [], run.trace, run.value, 0, enclosed, run.steps)
        branches.append((branch, _branch(step, branch)))
        run.output += branch.output
    _merge(group, [branch for branch, _ in branches], run)
    ends = [end for _, end in branches]
    for end in ends:
        if isinstance(end, Failed):
            raise end
    run.value = branches[-1][0].value
    left = [end for end in ends if isinstance(end, Left)]
    out = [end for end in left if end.how != "close"]
    if left:
        _leave(out[0] if out else left[0], run)


def _branch(step: Step, branch: Run) -> Failed | Left | None:
    try:
        _step(step, branch)
    except (Failed, Left) as end:
        return end
    return None


def _leave(left: Left, run: Run) -> None:
    """Goes on its way out, unless CLOSE ALL NESTS stands outside of any block."""
    if left.how != "close" or run.depth or run.enclosed:
        raise left


def _merge(group: Group, branches: list[Run], run: Run) -> None:
    bound: dict[str, list[Any]] = {}
    for step, branch in zip(group.steps, branches, strict=True):
        for name in names_bound(step):
            bound.setdefault(name, []).append(branch.variables.get(name, _MISSING))
    for name, values in bound.items():
        if len(values) > 1:
            run.variables[name] = _several(values)
        elif values[0] is not _MISSING:
            run.variables[name] = values[0]


_MISSING = Mark()


def _several(values: list[Any]) -> Any:
    given = [value for value in values if value is not SKIPPED and value is not _MISSING]
    if not given and SKIPPED in values:
        return SKIPPED
    return flat([None if value is SKIPPED or value is _MISSING else value for value in values])


# steps


def _step(step: Step, run: Run) -> None:
    run.steps[0] += 1
    if run.steps[0] > STEPS:
        raise TooLong
    if any(run.variables.get(name) is SKIPPED for name in names_read(step)):
        _mark(step, run)
        run.trace.append([name_of(step, run.waits), "Skipped"])
        return
    if isinstance(step, Nesting):
        _nesting(step, run)
        return
    entry = [name_of(step, run.waits), "Ok"]
    run.trace.append(entry)
    match step:
        case Leave(words="EXIT ALL"):
            raise Left("exit")
        case Leave():
            _leave(Left("close"), run)
        case Return():
            raise Left("return", None if step.operand is None else operand(step.operand, run))
        case Pause():
            run.value = True
        case Act():
            try:
                run.value = _act(step, run)
            except Failed:
                entry[1] = "Error"
                raise


def _nesting(step: Nesting, run: Run) -> None:
    entry = [name_of(step, run.waits), "Ok"]
    run.trace.append(entry)
    saved = {name: run.variables.get(name) for name in LOOP}
    passes = [0]
    run.depth += 1
    try:
        _inside(step, run, passes)
    except Failed:
        entry[1] = "Error"
        raise
    except Left as left:
        # an outermost block is where CLOSE ALL NESTS ends; in a branch it goes on out of the blocks around the group
        if left.how != "close" or run.depth > 1 or run.enclosed:
            raise
    finally:
        run.depth -= 1
        if passes[0]:
            run.variables.update(saved)


def _inside(step: Nesting, run: Run, passes: list[int]) -> None:  # noqa: C901 - one case for each kind of step
    match step:
        case If():
            for condition, block in step.arms:
                run.variables["!STATE(IF)"] = held = holds(condition, run, step.some)
                if held:
                    return _block(block, run)
            _block(step.otherwise or (), run)
        case Switch():
            found = first(operand(step.operand, run))
            for case, block in step.cases:
                if equal(found, first(operand(case, run))):
                    return _block(block, run)
            _block(step.default or (), run)
        case While():
            while holds(step.condition, run, some=False):
                _pass(step, run, passes)
            if not passes[0]:
                run.value = None
        case Foreach():
            for key, value in _elements(operand(step.operand, run)):
                run.variables[step.variable] = value
                run.variables["!KEY"], run.variables["!VALUE"] = key, value
                _pass(step, run, passes)
            if not passes[0]:
                run.value = None
    return None


def _pass(step: While | Foreach, run: Run, passes: list[int]) -> None:
    run.variables["!INDEX"] = passes[0]
    passes[0] += 1
    run.variables["!STATE(WHILE)" if isinstance(step, While) else "!STATE(FOREACH)"] = passes[0]
    run.steps[0] += 1
    if run.steps[0] > STEPS:
        raise TooLong
    _block(step.block, run)


def _block(block: Block, run: Run) -> None:
    if not block:
        run.value = None
    _chains(block, run)


def _elements(value: Any) -> list[tuple[Any, Any]]:
    if value is None:
        return []
    if isinstance(value, list):
        return [(None, item) for item in value]
    if isinstance(value, dict):
        return list(value.items())
    raise Failed("TypeFailed")


# verbs


def _act(step: Act, run: Run) -> Any:
    result = _result(step, run)
    if step.target:
        _bind(step.target, result, run)
    elif step.into:
        run.variables[step.into] = result
    return result


def _result(step: Act, run: Run) -> Any:
    if step.verb == "ENLIST":
        return [first(operand(part, run)) for part in step.operands]
    main = operand(step.operands[0], run)
    whole = _WHOLE.get(step.verb)
    if whole:
        return whole(main, run)
    into = first(run.variables.get(step.into)) if step.into else None
    results = [_VERBS[step.verb](value, into, run) for value in (main.branches if isinstance(main, Multi) else (main,))]
    return flat(results) if isinstance(main, Multi) else results[0]


def _emit(value: Any, run: Run) -> Any:
    run.output.append(first(value))
    return True


def _collapse(value: Any, run: Run) -> Any:
    return list(value.branches) if isinstance(value, Multi) else value if isinstance(value, list) else [value]


_WHOLE: dict[str, Callable[[Any, Run], Any]] = {"EMIT": _emit, "COLLAPSE": _collapse}


def _upper(value: Any, into: Any, run: Run) -> Any:
    if not isinstance(value, str):
        raise Failed("StringFailed")
    return value.upper()


def _append(value: Any, into: Any, run: Run) -> Any:
    if not isinstance(into, list):
        raise Failed("TypeFailed")
    return [*into, value]


def _first(value: Any, into: Any, run: Run) -> Any:
    if not isinstance(value, list):
        raise Failed("TypeFailed")
    return value[0] if value else None


def _parse(value: Any, into: Any, run: Run) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise Failed("JsonFailed") from None
    except TypeError:
        raise Failed("JsonFailed") from None


def _calculate(value: Any, into: Any, run: Run) -> Any:
    name, added = re.fullmatch(r"\?(\w+) \+ (\d+)", value).groups()  # type: ignore[union-attr]  # what is generated
    found = number(first(run.variables.get(name)))
    if found is None or abs(found) >= 1 << 4096:
        raise Failed("CalculateFailed")
    return found + int(added)


_VERBS: dict[str, Callable[[Any, Any, Run], Any]] = {
    "STRING": lambda value, into, run: text(value),
    "UPPER": _upper,
    "INDEX": lambda value, into, run: _index(value),
    "APPEND": _append,
    "FIRST": _first,
    "PARSE JSON": _parse,
    "CALCULATE": _calculate,
}


def _index(value: Any) -> Any:
    """`INDEX value WHERE "z"`"""
    if isinstance(value, list):
        return next((place for place, item in enumerate(value) if equal(item, "z")), None)
    if not isinstance(value, str):
        raise Failed("StringFailed")
    return value.index("z") if "z" in value else None


def _bind(target: Variable, value: Any, run: Run) -> None:
    whole = run.variables.get(target.name)
    keys = [first(operand(key, run)) if isinstance(key, Variable) else key for key in target.path]
    run.variables[target.name] = _assigned(None if whole is SKIPPED else whole, keys, value)


def _assigned(whole: Any, keys: list[Any], value: Any) -> Any:
    if not keys:
        return value
    key, *rest = keys
    if whole is None or isinstance(whole, dict):
        name = text(key)
        return {**(whole or {}), name: _assigned((whole or {}).get(name), rest, value)}
    index = number(key)
    if not isinstance(whole, list) or index is None or not -len(whole) <= index <= len(whole):
        raise Failed("TypeFailed")
    if index == len(whole):
        return [*whole, _assigned(None, rest, value)]
    copy = list(whole)
    copy[index] = _assigned(copy[index], rest, value)
    return copy
