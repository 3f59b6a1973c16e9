"""Parts of a step that are performed at once: what each gave."""

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
    """What one part gave; nothing where its condition fails."""
    condition = part.step.condition
    if condition and not part.holds(condition):
        part.log(f"Condition not met: {condition}", once="condition")
        return Output("", duration_ms=0)
    return part.perform()
