"""Asks models: through the guard of all outgoing requests, again where that may help, within bounds."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from oql import json
from oql.models.anthropic import Anthropic
from oql.models.endpoint import Endpoint, ProtocolName
from oql.models.events import EventReader
from oql.models.openai import OpenAI
from oql.models.protocol import Body, Speaks, told_error
from oql.models.question import Answer, ModelError, Question
from oql.outbound import Outbound, OutboundError, Response, TimedOut, Unreachable
from oql.outbound.client import Calling

MOST_CHARACTERS = 5_000_000
"""Of one answer."""
MOST_BYTES = 64 * 2**20
"""Of one answer as it comes: each of its words has a few hundred bytes around it."""
MOST_TRIES = 3
LONGEST_PAUSE_S = 30.0
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LASTING = frozenset(
    {"authentication_error", "billing_error", "invalid_request_error", "not_found_error", "permission_error"}
)
"""Kinds of errors inside a stream that the same question would meet again."""
_PROTOCOLS: Mapping[ProtocolName, Speaks] = {"openai": OpenAI(), "anthropic": Anthropic()}
_LONGEST_REASON = 300


class Caller(Protocol):
    """Who asks, such as the run of a program: how long there is, and what has to be known of each call."""

    def seconds_left(self) -> float:
        """How long the answer may take."""

    def call_out(self) -> None:
        """Counts a call before it is made; raises where there may be no more."""

    def wait(self, seconds: float) -> None:
        """Waits; raises where whoever asks cannot go on."""


class _Passing(Exception):
    """A failure that may be over soon; `after`: the seconds that the service asks for."""

    def __init__(self, message: str, status: int = 0, after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.after = after


@dataclass(frozen=True, slots=True)
class _Call:
    caller: Caller
    key: str
    calling: Calling
    seconds: float


class Models:
    """The models behind one endpoint. Safe to share between threads."""

    def __init__(self, endpoint: Endpoint, outbound: Outbound) -> None:
        """`outbound`: a guard that allows the endpoint, and is used for nothing else."""
        self.endpoint = endpoint
        self._outbound = outbound
        self._speaks = _PROTOCOLS[endpoint.protocol]

    def complete(
        self,
        question: Question,
        caller: Caller,
        *,
        key: str,
        calling: Calling,
        on_text: Callable[[str], None] | None = None,
        most_tries: int = MOST_TRIES,
        seconds: float | None = None,
    ) -> Answer:
        """The answer to a question. Raises ModelError, and what the caller raises.

        key: what tells the service that a call repeats another one; calling: ends the call from elsewhere; on_text:
        gets the text as it comes, from the beginning again where a try fails; most_tries: 1 for callers who try again
        by themselves; seconds: what each try may take, instead of the endpoint's.
        """
        body, tries = self._speaks.body(question), 0
        seconds = self.endpoint.seconds if seconds is None else seconds
        while True:
            tries += 1
            caller.call_out()
            try:
                answer = self._ask(body, _Call(caller, key, calling, seconds), on_text)
            except _Passing as failure:
                pause = self.endpoint.pause_s * 2 ** (tries - 1) if failure.after is None else failure.after
                if tries >= most_tries or pause > min(LONGEST_PAUSE_S, caller.seconds_left()):
                    raise ModelError(str(failure), status=failure.status, tries=tries) from None
                caller.wait(pause)
            except ModelError as error:
                error.tries = tries
                raise
            else:
                answer.tries = tries
                return answer

    def close(self) -> None:
        """Lets go of all connections."""
        self._outbound.close()

    def _ask(self, body: Body, call: "_Call", on_text: Callable[[str], None] | None) -> Answer:
        reading = _Reading(self._speaks, on_text)
        response = self._send(body, call, reading)
        if response.status == 400 and (fitting := _without_what_is_refused(body, response.body)):
            call.caller.call_out()
            response = self._send(fitting, call, reading)
        if not 200 <= response.status < 300:
            raise self._refusal(response)
        if reading.seen:
            reading.answer.text = "".join(reading.texts)
        else:
            self._speaks.take_whole(_json(response.body), reading.answer)
        return self._checked(reading)

    def _send(self, body: Body, call: "_Call", reading: "_Reading") -> Response:
        headers = {"content-type": "application/json", "idempotency-key": call.key}
        seconds = min(call.seconds, call.caller.seconds_left())
        try:
            return self._outbound.request(
                "POST",
                self.endpoint.base_url + self._speaks.path,
                headers=headers | self._speaks.headers(self.endpoint.api_key),
                body=json.dumps(body),
                seconds=seconds,
                most_bytes=MOST_BYTES,
                redirects=0,
                on_piece=reading.take,
                calling=call.calling,
            )
        except TimedOut:
            raise ModelError(f"the model did not answer within {seconds:g} s", timed_out=True) from None
        except Unreachable as error:
            raise _Passing(f"the model cannot be reached: {error.message}") from None
        except OutboundError as error:
            raise ModelError(f"the model cannot be asked: {error.message}", lasting=True) from None

    def _checked(self, reading: "_Reading") -> Answer:
        answer = reading.answer
        if answer.error:
            message = f"the model broke off: {self._shown(answer.error)}"
            raise ModelError(message, lasting=True) if answer.error_kind in _LASTING else _Passing(message)
        if not answer.ended:
            raise _Passing("the model broke off in the middle of its answer" if reading.seen else _NO_ANSWER)
        return answer

    def _refusal(self, response: Response) -> Exception:
        """What a status other than 2xx comes to."""
        told = self._shown(told_error(_json(response.body)))
        message = f"the model service answered with status {response.status}{': ' if told else ''}{told}"
        if response.status in _PASSING:
            return _Passing(message, response.status, _asked_pause(response.headers))
        return ModelError(message, status=response.status, lasting=400 <= response.status < 500)

    def _shown(self, reason: str) -> str:
        """What a service tells as one short line, without the key: some repeat it, or its ends with stars between."""
        key = self.endpoint.api_key
        words = reason.replace(key, "(key)").split() if key else reason.split()
        shown = " ".join("(key)" if key and _resembles(word, key) else word for word in words)
        shown = "".join(letter for letter in shown if letter.isprintable())
        return shown if len(shown) <= _LONGEST_REASON else f"{shown[:_LONGEST_REASON]}..."


_NO_ANSWER = "the model service answered with something that is no answer of a model"


class _Reading:
    """An answer on its way. `seen`: there were events of a stream; `texts`: what came with them."""

    def __init__(self, speaks: Speaks, on_text: Callable[[str], None] | None) -> None:
        self.answer = Answer()
        self.seen = False
        self._speaks = speaks
        self._on_text = on_text
        self._events = EventReader()
        self._length = 0
        self.texts: list[str] = []

    def take(self, piece: bytes) -> None:
        """Reads on. Raises ModelError where the answer gets too long."""
        for data in self._events.feed(piece):
            self.seen = True
            if data.strip() == "[DONE]":
                self.answer.ended = True
                continue
            event = _json(data)
            if isinstance(event, dict):
                self._add(self._speaks.take(event, self.answer))
            elif data.strip():
                self.answer.error = "it sent something that is no part of an answer"

    def _add(self, text: str) -> None:
        self._length += len(text)
        if self._length > MOST_CHARACTERS:
            raise ModelError(f"the model answered with more than {MOST_CHARACTERS:,} characters")
        self.texts.append(text)
        if text and self._on_text:
            self._on_text(text)


def _json(text: str | bytes) -> Any:
    """JSON that a service sent; None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _without_what_is_refused(body: Body, told: bytes) -> Body | None:
    """The request without the one field that a service says it does not know; None where it says something else."""
    reason = told_error(_json(told))
    if "max_completion_tokens" in reason and "max_tokens" in body:  # newer models of OpenAI call it so
        rest = {name: value for name, value in body.items() if name != "max_tokens"}
        return rest | {"max_completion_tokens": body["max_tokens"]}
    for name in ("response_format", "stream_options", "tool_choice"):
        if name in reason and name in body:
            return {key: value for key, value in body.items() if key != name}
    return None


_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """The seconds of Retry-After; None without it, or where it is a date."""
    text = headers.get("retry-after", "").strip()
    return float(text) if _SECONDS.fullmatch(text) else None


def _resembles(word: str, key: str) -> bool:
    bare = word.strip(".,;:!?'\"`()[]{}")
    return len(bare) > 4 and "*" in bare and (bare[:3] == key[:3] or bare[-3:] == key[-3:])
