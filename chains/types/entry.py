"""An entry of a pipeline: a whole chain."""

from chains.default_models import CHEAP
from chains.pipelines.spec import Entry
from chains.transforms import truncated
from chains.types.kind import StepType, never
from chains.work import Output, Work
from oql.errors import OqlError

SUMMARY_ABOVE = 5_000
"""Results of more characters are summarized, where an entry asks for that."""
_INSTRUCTION = "Summarize the following text. Keep every fact, name and number that matters. Write the summary alone."


def perform(step: Entry, work: Work) -> Output:
    """The result of the chain, summarized or cut where the entry asks for that."""
    inputs = {name: work.resolve(text) for name, text in step.inputs.items()}
    result = work.run_chain(step.chain_name, inputs)
    if step.summarize_output is True:
        return Output(_summarized(result, work) if len(result) > SUMMARY_ABOVE else result)
    limit = int(step.summarize_output)
    if not limit or len(result) <= limit:
        return Output(result)
    work.log(f"Output truncated from {len(result)} to {limit} characters", once="cut")
    return Output(truncated(result, limit))


def _summarized(result: str, work: Work) -> str:
    """What a model makes of a result; the result where it fails."""
    try:
        told = work.ask(f"{_INSTRUCTION}\n\n{result}", name="summary", model=CHEAP, tools=(), tell=lambda _chunk: None)
    except OqlError as error:
        if error.final:
            raise
        work.log(f"Summary failed, the whole output is used: {error.message}", "warn", once="whole")
        return result
    work.log(f"Output summarized from {len(result)} to {len(told.text)} characters", once="summarized")
    return told.text


ENTRY = StepType(perform, retried=False, pre_tools=False, cached=False, timed=never)
