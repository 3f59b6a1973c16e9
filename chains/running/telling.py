"""What an execution tells: its events and the rows of its steps go into the outbox, and to the one around it."""

from collections.abc import Callable
from typing import Any

from chains.executions.events import Event
from chains.executions.outbox import Outbox
from chains.executions.steps import StepState

Relay = Callable[[Event], Event | None]
"""What an event of a nested execution is for the one around it, without its id; None where it is not told there."""


class Teller:
    """Tells of one execution. `outer` and `relay`: the one around it, and what that is told."""

    def __init__(
        self, execution: str, outbox: Outbox, outer: "Teller | None" = None, relay: Relay | None = None
    ) -> None:
        self.execution = execution
        self._outbox = outbox
        self._outer = outer
        self._relay = relay

    def tell(self, *told: tuple[str, dict[str, Any]], state: StepState | None = None) -> None:
        """Tells events, each a type and its fields, together with how far a step has come."""
        events = [{"type": kind, "executionId": self.execution, **fields} for kind, fields in told]
        self._outbox.put(self.execution, *events, state=state)
        self._pass_on(events)

    def _pass_on(self, events: list[Event]) -> None:
        if self._outer is None or self._relay is None:
            return
        passed = [each for event in events if (each := self._relay(event))]
        self._outer.tell(*((event.pop("type"), event) for event in passed))

    def log(self, step: str, message: str, level: str = "info") -> None:
        """A line about a step, or about `chain` as a whole."""
        self.tell(("step_log", {"stepId": step, "message": message, "level": level}))


def inside_step(chain: str, step: str) -> Relay:
    """What is told of a chain that a step runs: its output as the step's own, the rest as its log."""

    def relay(event: Event) -> Event | None:
        if event["type"] == "step_output":
            return {"type": "step_output", "stepId": step, "chunk": event["chunk"]}
        message, level = _as_line(event)
        return message and {"type": "step_log", "stepId": step, "message": f"[sub:{chain}] {message}", "level": level}

    return relay


def _as_line(event: Event) -> tuple[Any, str]:
    kind, step = event["type"], event.get("stepId", "")
    if kind == "step_log":
        return f"{step}: {event['message']}", event["level"]
    if kind == "step_error":
        return f"{step} failed: {event['error']}", "error"
    words = {
        "step_started": "started", "step_done": "done", "step_cache_hit": "found in the cache",
        "step_waiting_approval": "waits for approval", "gate_action": event.get("action", ""),
    }  # fmt: skip
    return (f"{step} {words[kind]}" if kind in words else None), "info"


def inside_pipeline(entry: str) -> Relay:
    """What is told of a chain that an entry of a pipeline runs: its steps, as `<entry>/<step>`."""

    def relay(event: Event) -> Event | None:
        if "stepId" not in event:
            return None
        return {
            **{key: value for key, value in event.items() if key != "executionId"},
            "stepId": f"{entry}/{event['stepId']}",
        }

    return relay
