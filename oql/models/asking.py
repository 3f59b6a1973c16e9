"""What ASK does: finds the model, asks it, and reads its answer."""

from oql import json
from oql.errors import Code, OqlError, failed
from oql.models.attached import attached_parts
from oql.models.client import Models
from oql.models.json_answers import read_object
from oql.models.question import Answer, Message, ModelError, Question
from oql.values import Value, json_weight
from oql.verbs.run import Run

LONGEST_NAME = 200
"""Of a model."""


def asked(run: Run, prompt: str, model: str | None, system: str, attached: Value, *, as_json: bool) -> Value:
    """The answer of a model to a prompt: text, or with `as_json` an object or array.

    Raises Unsupported, NetUnreachable, NetTimeout, JsonFailed, TypeFailed.
    """
    models = _models(run)
    run.claim(len(prompt) + (0 if attached is None else json_weight(attached)))
    message = Message("user", [*attached_parts(attached, run.claim), prompt])
    question = Question(_name(models, model), [message], models.endpoint.max_tokens, system, as_json=as_json)
    answer = _answer(run, models, question)
    return _read(run, models, question, answer) if as_json else answer.text


def _models(run: Run) -> Models:
    if run.context.environment.models is None:
        raise failed(
            Code.UNSUPPORTED, "this run has no language model", "whoever runs the server sets `model_base_url`"
        )
    return run.context.environment.models


def _name(models: Models, model: str | None) -> str:
    name = model or models.endpoint.default
    if not name:
        hint = "name a model with USING; whoever runs the server may set `model_default`"
        raise failed(Code.UNSUPPORTED, "there is no default model", hint)
    if len(name) > LONGEST_NAME:
        raise failed(Code.TYPE_FAILED, f"the name of a model has at most {LONGEST_NAME} characters")
    return models.endpoint.model(name)


def _answer(run: Run, models: Models, question: Question, suffix: str = "") -> Answer:
    """What the model says; what there is to tell of it is remarked in the trace."""
    key = run.idempotency_key() + suffix
    try:
        answer = models.complete(question, _Caller(run), key=key, calling=run.context.cancel.calling)
    except ModelError as error:
        run.look()  # when the run was cancelled or is out of time, that is what it ends with
        run.remark(model=question.model, tries=error.tries)
        raise _failure(error) from None
    except json.JsonError as error:
        raise failed(Code.TYPE_FAILED, f"the question cannot be sent: {error.message}") from None
    run.claim(len(answer.text))
    counts = {"tokens_in": answer.tokens_in, "tokens_out": answer.tokens_out, "tries": answer.tries}
    run.remark(model=question.model, **{name: count for name, count in counts.items() if count is not None})
    return answer


_BEYOND_S = 0.001


class _Caller:
    """The run as whoever asks. It waits right here: a job that was suspended would ask from the beginning again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.call_out = run.call_out

    def seconds_left(self) -> float:
        """How long the run may go on, and a moment more: when it is over, that is what it ends with."""
        return self._run.seconds_left() + _BEYOND_S

    def wait(self, seconds: float) -> None:
        """Waits; ends early with an error when the run is cancelled or out of time."""
        self._run.context.cancel.wait(min(seconds, self._run.seconds_left()))
        self._run.look()


def _failure(error: ModelError) -> OqlError:
    return failed(Code.NET_TIMEOUT if error.timed_out else Code.NET_UNREACHABLE, error.message)


def _read(run: Run, models: Models, question: Question, answer: Answer) -> Value:
    """The JSON of an answer; a model whose answer is none hears what is wrong, and may try again once."""
    try:
        return read_object(answer.text)
    except json.JsonError as error:
        told = f"That was not the JSON that was asked for: {error.message}. Give the whole answer again, as JSON alone."
    said = [Message("assistant", [answer.text])] if answer.text.strip() else []
    messages = [*question.messages, *said, Message("user", [told])]
    again = Question(question.model, messages, question.most_tokens, question.system, as_json=True)
    second = _answer(run, models, again, ":again")
    try:
        return read_object(second.text)
    except json.JsonError as error:
        why = "its answer was too long" if second.cut else error.message
        raise failed(Code.JSON_FAILED, f"the model did not answer with JSON, asked twice: {why}") from None
