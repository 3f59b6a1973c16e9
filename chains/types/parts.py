"""Parts of a step that are performed at once: what each gave, and how long all of them took together."""

from collections.abc import Sequence
from functools import partial

from chains.work import Output, Work
from oql.errors import OqlError


def all_performed(parts: Sequence[Work]) -> list[Output | OqlError]:
    """What came of the parts, in order; errors that a program could not catch either are raised."""
    results = parts[0].all_at_once([partial(performed, part) for part in parts]) if parts else []
    for result in results:
        if isinstance(result, Exception) and not (isinstance(result, OqlError) and not result.final):
            raise result
    return [result for result in results if isinstance(result, (Output, OqlError))]


def performed(part: Work) -> Output:
    """What one part gave, with the time that it took where it does not say; nothing where its condition fails."""
    condition = part.step.condition
    if condition and not part.holds(condition):
        part.log(f"Condition not met: {condition}", once="condition")
        return Output("", duration_ms=0)
    began = part.context.monotonic_ns()
    output = part.perform()
    if output.duration_ms is not None:
        return output
    taken = (part.context.monotonic_ns() - began) // 1_000_000
    return Output(output.text, output.variable, output.skipped, taken)
