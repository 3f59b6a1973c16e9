"""Models answer each other, and one more weighs what they said."""

from chains.default_models import DEFAULT_MODELS
from chains.spec import Agent, Debate, Debater
from chains.types.kind import StepType, always, never
from chains.types.parts import all_performed, performed
from chains.work import Output, Work
from oql.errors import OqlError

_DECISIONS = {
    "voting": "Weigh the answers below against each other and answer with the one that is best founded.",
    "consensus": "Unite the answers below in one that all of their authors could agree to.",
}
_SHARED = ("fallback_models", "tools", "cwd", "retry", "timeout_ms", "context_strategy")


def perform(step: Debate, work: Work) -> Output:
    """What was decided, or the last answers side by side."""
    answers: list[str] = []
    duration = 0
    for round_ in range(1, step.debate_rounds + 1):
        outputs = _answered(step, work, round_, answers)
        answers = [output.text for output in outputs]
        duration += sum(output.duration_ms or 0 for output in outputs)
    if step.debate_decision == "last_round":
        return Output("\n\n".join(_headed(answers)), duration_ms=duration)
    decided = performed(work.part("decision", _variables(answers), step=_decider(step)))
    return Output(decided.text, duration_ms=duration + (decided.duration_ms or 0))


def _headed(answers: list[str]) -> list[str]:
    return [f"## Agent {number}\n\n{answer}" for number, answer in enumerate(answers, 1)]


def _answered(step: Debate, work: Work, round_: int, before: list[str]) -> list[Output]:
    """One round: all answer at once. Raises what the first that failed has raised."""
    parts = [
        work.part(
            f"round-{round_}-agent-{number}",
            _variables(before),
            step=_debater(step, number, agent, len(before)),
            chunk_prefix=f"[Agent{number}] ",
        )
        for number, agent in enumerate(step.debate_agents, 1)
    ]
    outputs = []
    for output in all_performed(parts):
        if isinstance(output, OqlError):
            raise output
        outputs.append(output)
    return outputs


def _name(number: int) -> str:
    """The variable of an agent's last answer, of a kind that no chain can write."""
    return f"__agent_{number}"


def _variables(answers: list[str]) -> dict[str, str]:
    return {_name(number): answer for number, answer in enumerate(answers, 1)}


def _debater(step: Debate, number: int, agent: Debater, answers: int) -> Agent:
    """The step of one agent in one round; `answers`: how many there are from the round before."""
    others = [f"## Agent {other}\n\n{{{_name(other)}}}" for other in range(1, answers + 1) if other != number]
    parts = [step.prompt.strip(), agent.prompt]
    if answers:
        own = f"Your last answer:\n\n{{{_name(number)}}}"
        parts += ["The last answers of the others:", *others, own, "Answer again in the light of these."]
    return _agent(step, "\n\n".join(filter(None, parts)), agent.model)


def _decider(step: Debate) -> Agent:
    texts = [f"## Agent {number}\n\n{{{_name(number)}}}" for number in range(1, len(step.debate_agents) + 1)]
    parts = [step.prompt.strip(), _DECISIONS[step.debate_decision], *texts]
    return _agent(step, "\n\n".join(filter(None, parts)))


def _agent(step: Debate, prompt: str, model: str = "") -> Agent:
    return Agent(
        id=step.id,
        output_var=step.output_var,
        prompt=prompt,
        system=step.system,
        model=model or step.model or DEFAULT_MODELS[step.type],
        **{name: getattr(step, name) for name in _SHARED},
    )


DEBATE = StepType(perform, asks=always, timed=never)
