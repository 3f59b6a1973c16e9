"""A model judges what another step has written, and may have it written again."""

from dataclasses import dataclass

from chains.check import retry_target
from chains.choices import passes
from chains.default_models import DEFAULT_MODELS
from chains.references import template
from chains.spec import Evaluator
from chains.types.kind import StepType, always
from chains.work import Output, Work
from oql.errors import Code, failed

PASS = "PASS"  # noqa: S105  # a verdict
FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model said, and whether that is good enough."""

    text: str
    good: bool


def perform(step: Evaluator, work: Work) -> Output:
    """The last judgement; its variable is PASS or FAIL."""
    if step.input_var not in work.variables:
        work.log(f'Variable "{step.input_var}" not found', "warn", once="missing")
    found = _judged(step, work)
    if step.on_fail == "retry" and not found.good:
        found = _mended(step, work, found)
    if found.good:
        return Output(found.text, PASS)
    first_line = found.text.split("\n", 1)[0].strip()
    if step.on_fail == "error":
        raise failed(Code.CHAIN_FAILED, f"Evaluation failed: {first_line}")
    if step.on_fail == "skip":
        return Output(found.text, FAIL, skipped=f"Evaluation failed: {first_line}")
    return Output(found.text, FAIL)


def _mended(step: Evaluator, work: Work, found: Judgement) -> Judgement:
    """Lets the target run again, with what was wrong, until that is good or has been tried often enough."""
    target = retry_target(step, work.chain.steps)
    assert target is not None  # or the chain would not have passed its checks
    variable = next(each.output_var for each in work.chain.steps if each.id == target)
    for number in range(1, step.max_retries + 1):
        message = f'Evaluation failed, "{target}" runs again ({number} of {step.max_retries})'
        work.log(message, "warn", once=f"again-{number}")
        output = work.rerun(target, found.text, f"retry-{number}")
        found = _judged(step, work.part(f"judgement-{number}", {variable: output.value}))
        if found.good:
            break
    return found


def _judged(step: Evaluator, work: Work) -> Judgement:
    told = work.ask(
        work.prompt(_question(step, work)),
        system=work.resolve(step.system),
        default_model=DEFAULT_MODELS[step.type],
        tools=(),
    )
    text = told.text.strip()
    return Judgement(text, passes(text, step.eval_threshold if step.eval_scoring else None))


def _question(step: Evaluator, work: Work) -> str:
    """The prompt before its references are filled in: what to judge by, what to judge, how to answer."""
    criteria = step.criteria.strip() or step.prompt.strip()
    how = "a number from 0 to 10" if step.eval_scoring else "PASS or FAIL"
    parts = [criteria]
    if step.input_var not in {reference.name for reference in template(criteria).references}:
        text = f"{{{step.input_var}}}" if step.input_var in work.variables else ""
        parts.append(f"The text to judge:\n\n{text}")
    return "\n\n".join([*parts, f"Begin the answer with {how}, then say why."])


EVALUATOR = StepType(perform, asks=always, timed=lambda step: step.on_fail != "retry")
