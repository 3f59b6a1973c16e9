"""Every model of a step in order, each asked as often as the step wants."""

from collections.abc import Callable, Sequence

from chains.asking.asks import Asks
from chains.asking.conversation import Conversation, Failure
from chains.asking.tools import offered, own_tool
from chains.default_models import NO_ENDPOINT
from chains.spec import Retry
from chains.work import OwnTool, Told
from oql.errors import Code, failed

_LONGEST_PAUSE_S = 86_400.0


def answer(
    work: Asks,
    prompt: str,
    *,
    models: Sequence[str],
    seconds: float,
    name: str = "answer",
    system: str = "",
    tools: Sequence[str] = (),
    own: Sequence[OwnTool] = (),
    retry: Retry | None = None,
    tell: Callable[[str], None] | None = None,
) -> Told:
    """What the first model that answers has to say.

    models: names as chains write them; seconds: of one attempt; name: unique in the step, for what is kept; tools:
    names as chains write them; own: tools beside them, with as many rounds as each may be called; retry: how often
    each model is asked; tell: gets the text as it comes, from the beginning again in each attempt, instead of
    `work.chunk`.

    What a model has answered in a round, also that it failed, is kept, and so is what each tool gave. Tokens are
    counted for the step. Raises OqlError: that of the last failure.
    """
    source = work.context.environment.models
    if source is None:
        raise failed(Code.CHAIN_FAILED, NO_ENDPOINT)
    if not models:
        raise failed(Code.CHAIN_FAILED, f'Step "{work.step.id}" names no model, and there is no default')
    rounds = work.context.environment.chains.tool_rounds
    usable = (offered(work, tools, name) if rounds else {}) | {each.name: own_tool(each) for each in own if each.most}
    most = max([rounds, *(each.most for each in own)]) if usable else 0
    talk = Conversation(work, source, prompt, system, usable, seconds, tell or work.chunk, most)
    failure: Failure | None = None
    for place, model in enumerate(models, 1):
        came = _asked_again(talk, model, f"{name}.{place}", retry or Retry())
        if isinstance(came, Told):
            return came
        failure = came
    assert failure is not None
    raise failure.error


def _asked_again(talk: Conversation, model: str, name: str, retry: Retry) -> Told | Failure:
    """One model, asked until it answers, as often as that may help."""
    number = 1
    while True:
        came = talk.held(model, number, f"{name}.{number}", _pause_s(talk, retry, number))
        if isinstance(came, Told) or came.lasting or number >= retry.max:
            return came
        number += 1


def _pause_s(talk: Conversation, retry: Retry, number: int) -> Callable[[], float]:
    """The wait before an attempt: it grows from one to the next, and chance takes up to half of it away."""
    if number == 1:
        return lambda: 0.0
    grown = min(retry.delay_ms / 1_000 * retry.backoff ** (number - 2), _LONGEST_PAUSE_S)
    return lambda: grown * talk.work.context.random.uniform(0.5, 1.0)
