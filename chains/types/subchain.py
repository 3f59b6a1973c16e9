"""Another chain, as a part of this one."""

from chains.spec import Subchain
from chains.types.kind import StepType
from chains.work import Output, Work


def perform(step: Subchain, work: Work) -> Output:
    """The result of the chain."""
    return Output(work.run_chain(step.subchain, _inputs(step, work)))


def _inputs(step: Subchain, work: Work) -> dict[str, str]:
    if step.subchain_input_map is None:
        return plain_variables(work)
    return {name: work.resolve(text) for name, text in step.subchain_input_map.items()}


def plain_variables(work: Work) -> dict[str, str]:
    """The variables under one name each: an input not once more as `input.<name>`."""
    return {name: value for name, value in work.variables.items() if "." not in name}


SUBCHAIN = StepType(perform, cached=False, timed=lambda step: step.timeout_ms is not None)
