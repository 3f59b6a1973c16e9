"""Which texts come from the program itself, and which may come from outside: only the first are run without leave.

A variable is *clean* when every step of the text that binds it only computes, and from clean values: texts and numbers
that stand in the program, and other clean variables. What a request holds, a file, a row, the cache, a person's answer
or another machine is not clean, nor is a variable that the text never binds. The order of steps does not matter.

What programs that run on the same variables make of them is not known before the run: so a step that looks clean comes
with the variables that its text is made of, and is looked at again when it runs (oql/inner.py).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from oql import ast, verbs
from oql.walk import names_read, operands_of, target_of

MOST_SOURCES = 200
"""A text that is made of more variables than this counts as one from outside."""

_CLEAN_SYSTEM = frozenset({"NOW", "INDEX", "STATE", "JOB", "NAMESPACE"})

Sources = frozenset[str] | None
"""The variables that a value is made of; None where it may come from outside."""


@dataclass(slots=True)
class Taint:
    """What a text may do with values from outside.

    `names`: the variables that it may bind to some. `steps`: by the id of each step that runs a text, the variables
    of which that text is made; None where it may come from outside.
    """

    names: frozenset[str] = frozenset()
    steps: dict[int, Sources] = field(default_factory=dict)


def taint_of(chains: tuple[ast.Chain, ...]) -> Taint:
    """The taint of a checked tree."""
    made_of: dict[str, set[str]] = defaultdict(set)
    unclean: set[str] = set()
    running: list[tuple[int, Sources]] = []
    for step in _own_steps(chains):
        if isinstance(step, ast.VerbStep) and verbs.table()[step.verb].runs_text == "here":
            running.append((id(step), _of_operands(step.operands)))
        for name, sources in _bound(step):
            if sources is None:
                unclean.add(name)
            made_of[name] |= sources or frozenset()
    unclean |= {name for sources in made_of.values() for name in sources if name not in made_of}
    tainted = _spread(unclean, made_of)
    steps = {key: _all_sources(sources, made_of, tainted) for key, sources in running}
    return Taint(frozenset(tainted & made_of.keys()), steps)


def _own_steps(chains: tuple[ast.Chain, ...]) -> Iterator[ast.Step]:
    """Every step but those of blocks that are kept: these are programs of their own."""
    pending = list(chains)
    while pending:
        for group in pending.pop().groups:
            for step in group.steps:
                yield step
                if not (isinstance(step, ast.VerbStep) and verbs.table()[step.verb].keeps):
                    pending.extend(chain for block in ast.blocks_of(step) for chain in block.chains)


def _bound(step: ast.Step) -> Iterator[tuple[str, Sources]]:
    """The variables that a step binds, each with what its value is made of."""
    target = target_of(step)
    if isinstance(step, ast.Foreach):
        yield step.variable.name, _of_operands([step.operand])
    elif target and isinstance(step, ast.VerbStep):
        yield target.name, _of_value(step)
    block = step.block if isinstance(step, ast.VerbStep) else None
    if isinstance(block, ast.Fields):
        yield from ((answer.variable.name, None) for answer in block.fields)
    elif isinstance(block, ast.Entries):
        yield from ((entry.target.name, None) for entry in block.entries if entry.target)


def _of_value(step: ast.VerbStep) -> Sources:
    """What the value of a step is made of."""
    verb = verbs.table()[step.verb]
    if verb.effect != "pure" or verb.runs_text or isinstance(step.block, ast.Block):
        return None
    if verb.family == "sandbox":  # guest code also reads what was granted to it before
        return None
    if verb.mentions and not all(isinstance(operand, ast.Literal) for operand in step.operands):
        return None
    sources = _of_operands(operands_of(step))
    return None if sources is None else sources | names_read(step)


def _of_operands(operands: Iterable[ast.Operand]) -> Sources:
    found: set[str] = set()
    for operand in operands:
        for part in operand.parts if isinstance(operand, ast.Concatenation) else (operand,):
            if isinstance(part, ast.System) and part.name not in _CLEAN_SYSTEM:
                return None
            if isinstance(part, ast.Variable):
                found |= _names_in(part)
    return frozenset(found)


def _names_in(variable: ast.Variable) -> set[str]:
    return names_read(ast.Return(variable.span, variable))


def _spread(unclean: set[str], made_of: dict[str, set[str]]) -> set[str]:
    """All variables that are made of these."""
    makes: dict[str, list[str]] = defaultdict(list)
    for name, sources in made_of.items():
        for source in sources:
            makes[source].append(name)
    return _reached(unclean, makes)


def _all_sources(sources: Sources, made_of: dict[str, set[str]], tainted: set[str]) -> Sources:
    """The variables that a text is made of, and those that these are made of."""
    if sources is None or any(name not in made_of for name in sources):
        return None
    found = _reached(sources, made_of, most=MOST_SOURCES)
    return None if found & tainted or len(found) > MOST_SOURCES else frozenset(found)


def _reached(
    start: Iterable[str], following: dict[str, list[str]] | dict[str, set[str]], most: float = math.inf
) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting and len(found) <= most:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(following.get(name, ()))
    return found
