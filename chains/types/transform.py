"""Another text of a text, without a model."""

from chains import transforms
from chains.spec import TransformStep
from chains.transforms import Transform
from chains.types.kind import StepType, always
from chains.work import Output, Work


def perform(step: TransformStep, work: Work) -> Output:
    """What the operation makes of the variable, or of the prompt."""
    given = Transform(
        json_path=step.json_path,
        default=None if step.default is None else work.resolve(step.default),
        regex=step.regex,
        template_str=step.template_str if "template_str" in step.model_fields_set else None,
        truncate_limit=step.truncate_limit,
        inputs=step.inputs,
        scope=work.scope,
        warn=lambda message: work.log(message, "warn", once=f"warned {message}"),
        claim=work.claim,
    )
    result = transforms.transformed(step.operation or "", _input(step, work), given)
    work.chunk(result, once="told")
    return Output(result, duration_ms=0)


def _input(step: TransformStep, work: Work) -> str:
    if step.input_var:
        found = work.variables.get(step.input_var)
        if found is not None:
            return found
        work.log(f'Variable "{step.input_var}" not found', "warn", once="missing")
    return work.resolve(step.prompt)


TRANSFORM = StepType(perform, retried=False, cached=False, pure=always)
