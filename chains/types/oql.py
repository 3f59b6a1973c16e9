"""A program of the language, as a step."""

from typing import Any

from chains.spec import Oql
from chains.types.kind import StepType
from chains.types.subchain import plain_variables
from chains.work import Output, Work
from oql.errors import OqlError
from oql.values import text_form

_INPUT = "input."


def perform(step: Oql, work: Work) -> Output:
    """The text form of the program's value."""
    try:
        value = work.run_program(step.program, _variables(work))
    except OqlError as error:
        if error.final:  # a suspension, or the end of the whole run
            raise
        told = f"{error.code}: "
        message = error.message if error.message.startswith(told) else told + error.message
        raise OqlError(error.code, f"{message}{_place(error)}") from None
    text = text_form(value)
    work.chunk(text, once="told")
    return Output(text)


def _place(error: OqlError) -> str:
    """Where in the program a step has failed, if that has several lines."""
    if not error.within or "\n" not in error.within[0].source.text.strip():
        return ""
    place = error.within[0]
    return f" (line {place.source.position(place.span.start).line} of the program)"


def _variables(work: Work) -> dict[str, Any]:
    """What the program sees: every variable of the chain as a text, and its inputs as the object `?input`."""
    inputs = {name.removeprefix(_INPUT): text for name, text in work.variables.items() if name.startswith(_INPUT)}
    return {**plain_variables(work), "input": inputs}


OQL = StepType(perform)
