"""A model answers a prompt."""

from chains.spec import Agent
from chains.types.kind import StepType, always
from chains.work import Output, Work

MOST_CHARACTERS = 5_000_000
"""Of an output."""


def perform(step: Agent, work: Work) -> Output:
    """The answer, without the blanks around it."""
    told = work.ask(work.prompt(step.prompt), system=work.resolve(step.system))
    return Output(told.text.strip()[:MOST_CHARACTERS])


AGENT = StepType(perform, asks=always)
