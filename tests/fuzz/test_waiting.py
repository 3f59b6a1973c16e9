"""Branches that wait give what branches give that only compute: the same result, output order, variables and trace."""

from dataclasses import replace

from hypothesis import given, note

from oql.engine import Outcome
from oql.program import compile_text
from tests.fuzz.control import STARTING, programs
from tests.fuzz.dose import dose
from tests.fuzz.engines import SMALL, ending, run
from tests.fuzz.trees import Block, Chain, Foreach, Group, If, Pause, Step, Switch, While, written

LIMITS = replace(SMALL, steps=100_000, trace_entries=100_000)


def pausing(chains: Block) -> Block:
    """The program with a pause as the first branch of every AND group."""
    return tuple(replace(chain, groups=tuple(map(_group, chain.groups))) for chain in chains)


def _group(group: Group) -> Group:
    steps = tuple(map(_step, group.steps))
    return Group((Pause(), *steps) if len(steps) > 1 else steps)


def _step(step: Step) -> Step:
    match step:
        case If():
            arms = tuple((condition, pausing(block)) for condition, block in step.arms)
            return replace(step, arms=arms, otherwise=None if step.otherwise is None else pausing(step.otherwise))
        case Switch():
            cases = tuple((value, pausing(block)) for value, block in step.cases)
            return replace(step, cases=cases, default=None if step.default is None else pausing(step.default))
        case While() | Foreach():
            return replace(step, block=pausing(step.block))
    return step


def seen(outcome: Outcome) -> tuple[object, ...]:
    trace = [(entry["step"].replace("SLEEP", "LOWER"), entry["status"]) for entry in outcome.trace_json()]
    return (*ending(outcome), trace)


@dose(150)
@given(programs(16))
def test_waiting_changes_nothing(program: Block) -> None:
    paused = pausing(program)
    note(written(paused, waits=True))
    waiting = run(compile_text(written(paused, waits=True)), dict(STARTING), LIMITS)
    computing = run(compile_text(written(paused, waits=False)), dict(STARTING), LIMITS)
    assert seen(waiting) == seen(computing)


def test_every_group_gets_a_pause() -> None:
    chain = Chain((Group((Pause(), Pause())), Group((Pause(),))), ("AFTER",))
    assert written(pausing((chain,)), waits=True).count('SLEEP "1ms"') == 4
