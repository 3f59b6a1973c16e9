"""Verbs that ask language models. What they do stands in `oql.models`, which is loaded at first use."""

from typing import Literal

from oql.errors import Code, failed
from oql.values import Value
from oql.verbs.declare import Any, Family, Object, Text
from oql.verbs.run import Run

family = Family(
    "models",
    "Models",
    failure=Code.TYPE_FAILED,
    exec_class="Net",
    options={"effect": "outside", "quick": False},
)


@family.verb("ASK", examples=[('ASK "What colour is the sky?" WITH "Be brief."', "It is blue.")])
def ask(
    run: Run,
    prompt: Text,
    *,
    using: Text | None = None,
    with_: Text | None = None,
    attach: Any = None,
    format_: Literal["json"] | None = None,
) -> Value:
    """Asks a language model: USING its name, WITH the system's part, ATTACH what the prompt is about.

    The answer is text, with FORMAT "json" an object. Images are attached as images, any other value as its
    text form; of an array that holds images each element by itself. A model that does not answer with JSON
    is told so once, and asked again.
    """
    from oql.models.asking import asked

    return asked(run, prompt, using, with_ or "", attach, as_json=format_ == "json")


@family.verb(
    "CHAIN RUN",
    failure=Code.CHAIN_FAILED,
    exec_class="Wait",
    effect="wait",
    examples=[('CHAIN RUN "greeting" OR RETURN "there is no such chain"', "there is no such chain")],
)
def chain_run(run: Run, name: Text, *, with_: Object | None = None) -> Value:
    """Runs a chain WITH an object of inputs and gives its result; a job is suspended until that is there.

    Cancelling one cancels the other.
    """
    start = run.context.environment.start_chain
    if start is None:
        raise failed(Code.UNSUPPORTED, "chains are run by a server", "oql run --server URL")
    execution = start(run.context.namespace, name, with_ or {})
    answer = run.await_chain(execution.begin, execution.outcome)
    if "error" in answer:
        code = answer["error"].get("code", Code.CHAIN_FAILED)
        raise failed(Code(code) if code in set(Code) else Code.CHAIN_FAILED, answer["error"]["message"])
    return answer["result"]
