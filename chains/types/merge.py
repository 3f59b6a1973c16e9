"""Several variables in one text."""

from chains.default_models import DEFAULT_MODELS
from chains.references import text_of
from chains.spec import Merge
from chains.transforms import merged
from chains.types.kind import StepType
from chains.work import Output, Work

_INSTRUCTIONS = {
    "llm_summarize": "Bring the texts below together in one summary.",
    "pick_best": "Choose the best of the texts below.",
}
"""What is asked of a model where the step has no prompt."""
_HOW = {
    "llm_summarize": "",
    "pick_best": "Answer with the best of these texts alone, unchanged, without its heading.",
}


def perform(step: Merge, work: Work) -> Output:
    """The values together, as the strategy says."""
    if step.strategy in _INSTRUCTIONS:
        prompt, system = work.prompt(_question(step, work)), work.resolve(step.system)
        return Output(work.ask(prompt, system=system, default_model=DEFAULT_MODELS[step.type]).text.strip())
    known = work.variables
    values = [known.get(name, "") for name in step.inputs]
    work.claim(sum(map(len, values)))  # a name may stand there often
    text = text_of(values) if step.strategy == "json_array" else merged(values)
    work.chunk(text, once="told")
    return Output(text)


def _question(step: Merge, work: Work) -> str:
    """The prompt before its references are filled in: what to do, each variable under a heading, how to answer."""
    known = work.variables
    texts = [f"## {name}\n\n{{{name}}}" if name in known else f"## {name}" for name in step.inputs]
    return "\n\n".join(filter(None, [step.prompt.strip() or _INSTRUCTIONS[step.strategy], *texts, _HOW[step.strategy]]))


def _asks(step: Merge) -> bool:
    return step.strategy in _INSTRUCTIONS


MERGE = StepType(perform, asks=_asks, pure=lambda step: not _asks(step))
