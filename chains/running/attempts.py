"""The tries of a step: again where it fails, and where its output is not what it has to be."""

import random
from functools import partial
from typing import TYPE_CHECKING

from chains.guardrails import violations
from chains.spec import Step
from chains.types import TYPES
from chains.work import Output
from oql.errors import Code, OqlError, failed
from oql.journal import Suspended

if TYPE_CHECKING:
    from chains.running.works import StepWork


def performed(step: Step, work: "StepWork") -> Output:
    """The output of a step's work, after as many tries as it needs and may have. Raises OqlError."""
    kind = TYPES[step.type]
    tries, repeats = _allowed(step)
    attempt = 0
    while True:
        attempt += 1
        trying = work if attempt == 1 else work.part(f"try{attempt}")
        last = attempt >= tries
        try:
            output = kind.perform(step, trying.timed() if kind.timed(step) and not kind.asks(step) else trying)
        except Suspended:
            raise
        except OqlError as error:
            if error.final or last or not kind.retried or kind.asks(step):
                raise
            work.once(f"failed{attempt}", partial(_told, work, attempt, error.message))
        else:
            violated = [] if output.skipped is not None else list(violations(step, output.text))
            if not violated:
                return output
            if step.on_violation == "warn":
                for message in violated:
                    work.log(f"Guardrail warning: {message}", "warn")
                return output
            message = f"Guardrail violation: {violated[0]}"
            if step.on_violation == "error" or not kind.retried or attempt >= repeats:
                raise failed(Code.CHAIN_FAILED, message)
            work.once(f"failed{attempt}", partial(_told, work, attempt, message))
        _pause(step, work, attempt)


def _allowed(step: Step) -> tuple[int, int]:
    """How often a step may be tried when it fails, and when its output is not what it has to be."""
    most = step.retry.max
    return most, most if "retry" in step.model_fields_set else max(most, 2)


def _told(work: "StepWork", attempt: int, message: str) -> bool:
    work.log(f"Attempt {attempt} failed: {message}", "warn")
    return True


def _pause(step: Step, work: "StepWork", attempt: int) -> None:
    delay = step.retry.delay_ms * step.retry.backoff ** (attempt - 1) / 1_000
    work.pause(f"pause{attempt}", delay * (0.5 + random.random() / 2))  # noqa: S311 - spreads tries, hides nothing
