"""A person decides whether the chain goes on."""

from chains.spec import Gate
from chains.types.kind import StepType, never
from chains.work import Output, Work
from oql.errors import Code, failed

APPROVED = "approved"
_SECONDS_PER_HOUR = 3_600


def perform(step: Gate, work: Work) -> Output:
    """`approved`, by a person or by what the step says. Raises ConfirmRejected, Timeout."""
    if step.gate_auto_approve_if and work.holds(step.gate_auto_approve_if):
        work.log(f"Auto-approved: {step.gate_auto_approve_if}", once="approved")
        return Output("auto-approved", APPROVED)
    decision = work.approve(
        work.resolve(step.prompt),
        step.timeout_hours * _SECONDS_PER_HOUR,
        needs_reason=step.gate_rejection_reason,
        approved_at_deadline=step.on_timeout == "approve",
    )
    if decision.get("expired"):
        message = f"Gate timed out after {step.timeout_hours:g}h"
        if step.on_timeout == "skip":
            return Output("", skipped=message)
        raise failed(Code.TIMEOUT, message)
    if not decision["approved"]:
        reason = str(decision.get("reason") or "").strip()
        raise failed(Code.CONFIRM_REJECTED, f"Gate rejected by user{f': {reason}' if reason else ''}")
    return Output(APPROVED)


GATE = StepType(perform, retried=False, pre_tools=False, cached=False, timed=never)
