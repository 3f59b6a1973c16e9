"""A chain as it would run, without running it: waves, prompts, and what the calls of models may cost.

A token is taken to be four characters. What only a run can know is left as it is written: the variables of steps, the
values of pre-tools. An answer is taken to have a number of tokens that whoever asks chooses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chains import inputs, spec
from chains.check import dependencies, waves
from chains.default_models import DEFAULT_MODELS
from chains.elements import items_of
from chains.inputs import Given
from chains.references import Scope, template
from chains.spec import Chain, Step
from oql.models.prices import Price, price_of

CHARACTERS_OF_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known before a run: its inputs, the model of steps that name none, prices, and the length of answers."""

    given: Given
    default_model: str = ""
    prices: Mapping[str, Price] | None = None
    answer_tokens: int = 500


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One step. `prompts`: what it sends, each with its name; `calls`: of a model, None where only a run can tell.

    `tokens_in`, `tokens_out`: of all calls, those of one where their number is not known. `cost`: None without a price.
    """

    step: Step
    model: str
    prompts: tuple[tuple[str, str], ...]
    calls: int | None
    tokens_in: int
    tokens_out: int
    cost: float | None


def rehearse(chain: Chain, ahead: Ahead) -> list[list[Rehearsed]]:
    """The steps of a chain by wave, each as far as it is known."""
    ordered, _ = waves(dependencies(chain.steps))
    steps = {step.id: step for step in chain.steps}
    scope = Scope(ahead.given.variables, ahead.given.omitted)
    room = {step.output_var: ahead.answer_tokens * CHARACTERS_OF_A_TOKEN for step in chain.steps}
    return [[_rehearsed(steps[name], ahead, scope, room) for name in wave] for wave in ordered]


def total(rehearsed: list[list[Rehearsed]]) -> dict[str, Any]:
    """The sums of all steps; `cost` is that of the steps whose model has a price, None where none has."""
    steps = [step for wave in rehearsed for step in wave]
    costs = [step.cost for step in steps if step.cost is not None]
    return {
        "calls": sum(step.calls if step.calls is not None else 1 for step in steps),
        "inputTokens": sum(step.tokens_in for step in steps),
        "outputTokens": sum(step.tokens_out for step in steps),
        "cost": sum(costs) if costs else None,
    }


def _rehearsed(step: Step, ahead: Ahead, scope: Scope, room: Mapping[str, int]) -> Rehearsed:
    prompts = tuple((name, template(text).fill(scope)) for name, text in _texts(step) if text)
    calls = _calls(step, scope)
    times = 1 if calls is None else calls
    model = step.model or DEFAULT_MODELS.get(step.type, ahead.default_model) if times else ""
    readings = step.debate_rounds if isinstance(step, spec.Debate) else times
    read = readings * _tokens([text for name, text in prompts if name in _SENT], room)
    written = times * ahead.answer_tokens
    price = price_of(ahead.prices or {}, model)
    return Rehearsed(step, model, prompts, calls, read, written, price.of(read, written) if price and times else None)


_SENT = frozenset({"system", "prompt", "criteria", "agent", "task", "item"})
"""The texts that go to a model."""


def _texts(step: Step) -> Iterator[tuple[str, str]]:
    """The texts of a step that people want to see, by a name."""
    for name in ("system", "prompt", "criteria"):
        yield name, getattr(step, name, "")
    for tool in step.pre_tools:
        for name in ("url", "query", "path", "command"):
            yield f"{tool.type} {tool.inject_as}", getattr(tool, name, "")
    if isinstance(step, spec.TransformStep) and step.operation in ("template", "map"):
        yield "template", step.template_str
    elif isinstance(step, spec.Loop):
        yield "item", str((step.step_template or {}).get("prompt") or "")
    elif isinstance(step, spec.Debate):
        yield from (("agent", agent.prompt) for agent in step.debate_agents)
    elif isinstance(step, spec.Webhook):
        yield "url", step.webhook_url
        yield "body", step.webhook_body or ""
    elif isinstance(step, spec.Browser):
        yield "url", step.browser_url
        yield "task", step.browser_task


def _calls(step: Step, scope: Scope) -> int | None:
    """How often a step asks a model, without retries."""
    if isinstance(step, (spec.Agent, spec.Router, spec.Evaluator)):
        return 1
    if isinstance(step, spec.Merge):
        return int(step.strategy in ("llm_summarize", "pick_best"))
    if isinstance(step, spec.Browser):
        return int(bool(step.browser_task))
    if isinstance(step, spec.Debate):
        return len(step.debate_agents) * step.debate_rounds + int(step.debate_decision != "last_round")
    if isinstance(step, spec.Loop) and (step.step_template or {}).get("type", "agent") == "agent":
        items = scope.variables.get(step.items_var)
        return None if items is None else len(items_of(items))
    return 0


def _tokens(texts: list[str], room: Mapping[str, int]) -> int:
    """The tokens of texts; a variable that a step will have written counts as an answer."""
    characters = 0
    for text in texts:
        for part in template(text).parts:
            if isinstance(part, str):
                characters += len(part)
            else:
                characters += room.get(part.first, len(part.written))
    return -(-characters // CHARACTERS_OF_A_TOKEN)


def taken(chain: Chain, values: Mapping[str, Any]) -> Given:
    """The inputs of a rehearsal. Files are taken to be there. Raises InputRefused."""
    return inputs.given(chain.inputs, values, lambda _path: 0)
