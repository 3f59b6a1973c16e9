"""Runs one case and says what came of it, in the words of the pages."""

from collections.abc import Callable
from typing import Any

from chains.executions import steps
from chains.lowering import ChainRefused
from tests.chains.cases.reading import Case, text_of
from tests.chains.running.driving import Here
from tests.models.services import Asked, Said, Service, openai, refusal
from tests.outbound.servers import Answer, Web


class Stage:
    """What all cases share."""

    def __init__(self, here: Here, service: Service, web: Web) -> None:
        self.here, self.service, self.web = here, service, web

    def play(self, case: Case) -> dict[str, Any]:
        """What came of a case: a value for each key that it expects something of."""
        given = case.given
        self._prepare(given)
        try:
            execution = self.here.start(self._placed(case.text), **self._placed(given.get("inputs", {})))
        except ChainRefused as refused:
            return {"refused": refused.message}
        self._drive(execution)
        for step, approved, *reason in given.get("decide", []):
            self.here.decide(execution, step, approved, *reason)
            self._drive(execution)
        if "later" in given:
            self.here.ahead += given["later"]
            self._drive(execution)
        return self._found(execution) | {
            "asked": self._asked(execution, given.get("asked", [])),
            "called": sorted(f"{asked.method} {asked.path}" for asked in self.web.asked),
        }

    def _drive(self, execution: str) -> None:
        """Does what is due, and what was put off because a run was cut short."""
        self.here.drive()
        while self.here.found(execution).job.state == "queued":
            self.here.namespace.write(
                lambda frame: frame.system("UPDATE job SET due = ? WHERE id = ?", self.here.now(), execution)
            )
            self.here.drive()

    def _prepare(self, given: Any) -> None:
        self.here.ahead = 0.0
        self.service.asked.clear()
        self.web.asked.clear()
        self.web.answers = {path: _page(answer) for path, answer in given.get("web", {}).items()}
        for name, inner in given.get("chains", {}).items():
            self.here.save(name, self._placed(text_of(inner)))
        models = given.get("models", [])
        self.service.says = [_said(models)] if isinstance(models, dict) else [_one(each) for each in models]

    def _placed(self, value: Any) -> Any:
        """A value with the address of the web server in its texts."""
        if isinstance(value, dict):
            return {key: self._placed(inner) for key, inner in value.items()}
        return value.replace("{web}", self.web.url) if isinstance(value, str) else value

    def _found(self, execution: str) -> dict[str, Any]:
        states, answer = steps.of(self.here.namespace, execution), self.here.answer(execution)
        found: dict[str, Any] = {
            "outputs": self.here.outputs(execution),
            "variables": {state.id: state.variable for state in states},
            "tokens": {state.id: [state.input_tokens, state.output_tokens] for state in states},
            "told": self._told(execution),
            "begun": self._steps(execution, "step_started"),
            "ended": self._steps(execution, "step_done"),
        }
        if self.here.found(execution).status == "running":
            return found | {"waits": True}
        if isinstance(answer, list):
            return found | {"code": answer[0], "error": answer[1]}
        return found | {"result": answer}

    def _steps(self, execution: str, kind: str) -> list[str]:
        return sorted(event["stepId"] for event in self.here.events(execution) if event["type"] == kind)

    def _told(self, execution: str) -> dict[str, list[str]]:
        told: dict[str, list[str]] = {}
        for event in self.here.events(execution):
            if event["type"] in _LINES:
                line = _LINES[event["type"]](event)
                told.setdefault(event["stepId"], []).append(line.replace(self.web.url, "{web}"))
        return told

    def _asked(self, execution: str, expected: Any) -> list[str]:
        prompts = [str(asked.body["messages"][-1]["content"]) for asked in self.service.asked]
        return prompts if prompts == expected else sorted(prompts)


_LINES: dict[str, Callable[[dict[str, Any]], str]] = {
    "step_output": lambda event: f"> {event['chunk']}",
    "step_log": lambda event: f"{event['level']}: {event['message']}",
    "step_error": lambda event: f"failed: {event['error']}",
    "step_cache_hit": lambda event: "cached",
    "step_waiting_approval": lambda event: f"asks: {event['prompt']}",
    "gate_action": lambda event: f"{event['action']}: {event.get('reason', '')}".rstrip(": "),
}


def _page(answer: Any) -> Answer:
    if isinstance(answer, dict):
        return Answer(answer.get("status", 200), body=str(answer.get("body", "")).encode())
    return Answer(body=str(answer).encode())


def _one(answer: Any) -> Said:
    return refusal(answer, {"error": {"message": "no"}}) if isinstance(answer, int) else openai(str(answer))


def _said(answers: dict[str, Any]) -> Said:
    """What is answered by what is asked: the first part of a prompt that is found counts."""

    def telling(asked: Asked) -> Said:
        prompt = str(asked.body["messages"][-1]["content"])
        return _one(next(answer for part, answer in answers.items() if part in prompt))

    return Said(b"", telling=telling)
