"""What a type of step says of itself: its work, and what is done around that."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chains.spec import Step
from chains.work import Output, Work

Perform = Callable[[Any, Work], Output]
"""The work of one attempt: `perform(step, work)`, where `step` is of the model of its type. Raises OqlError."""
Test = Callable[[Any], bool]
"""Something that holds for some steps of a type; gets the step."""


def never(_step: Step) -> bool:
    """It holds for no step."""
    return False


def always(_step: Step) -> bool:
    """It holds for every step."""
    return True


@dataclass(frozen=True, slots=True)
class StepType:
    """A type of step.

    perform: its work. retried: whether `retry`, and guardrails that demand it, lead to further attempts; else such a
    guardrail fails the step at once. asks: whether the attempts of a step are made by `Work.ask`, or by those of its
    parts, so that whoever performs it repeats it for guardrails only. pre_tools: whether it may have any. cached:
    whether its output may be kept for later runs. pure: whether a step only computes, so that nothing of it needs to be
    kept before its end. timed: whether timeout_ms is for an attempt as a whole; else each of its parts takes it for
    itself, or nothing does.
    """

    perform: Perform
    retried: bool = True
    asks: Test = never
    pre_tools: bool = True
    cached: bool = True
    pure: Test = never
    timed: Test = always
