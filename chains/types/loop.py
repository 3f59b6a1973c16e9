"""The same work for every item of a list."""

from dataclasses import dataclass, field

from chains.elements import LOOP_VARIABLES, element_step, items_of
from chains.references import text_of
from chains.spec import Loop, Step
from chains.types.kind import StepType, never
from chains.types.parts import all_performed
from chains.work import Output, Work


def perform(step: Loop, work: Work) -> Output:
    """A JSON list of what came of the items, in their order."""
    text = work.variables.get(step.items_var)
    if text is None:
        work.log(f'Variable "{step.items_var}" not found', "warn", once="missing")
    items = items_of(text or "")
    if text is not None and not items:
        work.log(f'Loop "{step.id}" has no items', "warn", once="empty")
    course = _Course(step, work, element_step(step), items)
    while course.goes_on():
        course.batch()
    return Output(text_of(course.results), duration_ms=course.duration_ms)


@dataclass(slots=True)
class _Course:
    """A loop on its way. `results`: what came of the items so far."""

    step: Loop
    work: Work
    element: Step
    items: list[str]
    results: list[str] = field(default_factory=list)
    duration_ms: int = 0

    def goes_on(self) -> bool:
        """Whether there is more to do, and loop_until does not hold."""
        made = len(self.results)
        if made == len(self.items):
            return False
        if not (made and self.step.loop_until):
            return True
        last = self._variables(made - 1) | {"loop_result": text_of(self.results)}
        return not self.work.part(f"until-{made}", last).holds(self.step.loop_until)

    def batch(self) -> None:
        """Does the next items, max_parallel of them at once. Raises what the first of them that failed has raised."""
        start = len(self.results)
        end = min(start + (self.step.max_parallel or len(self.items)), len(self.items))
        for number, output in enumerate(all_performed([self._part(index) for index in range(start, end)]), start + 1):
            if isinstance(output, Output):
                self.results.append(output.text)
                self.duration_ms += output.duration_ms or 0
            elif self.step.loop_on_error == "abort":
                raise output
            else:
                self.work.log(f"Item {number} failed: {output.message}", "warn", once=f"failed-{number}")
                self.results.append(f"[ERROR: {output.message}]")

    def _part(self, index: int) -> Work:
        return self.work.part(
            f"item-{index + 1}", self._variables(index), step=self.element, chunk_prefix=f"[{index + 1}] "
        )

    def _variables(self, index: int) -> dict[str, str]:
        values = self.items[index], str(index), str(len(self.items))
        return dict(zip(LOOP_VARIABLES, values, strict=True))


LOOP = StepType(perform, asks=lambda step: step.step_template is None, timed=never)
