"""ASK in programs: what goes out in each protocol, what comes back, and what is remarked in the trace."""

import threading
from typing import Any

import pytest

from oql import engine, program
from oql.context import CancelFlag
from oql.local import local_context
from tests.models.conftest import Ask
from tests.models.services import KEY, PROTOCOLS, WORDS, Said, Service, anthropic, events, openai, refusal

PNG = b"\x89PNG\r\n\x1a\n rest"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_answer_is_text(ask: Ask, service: Service, protocol: str) -> None:
    service.says = [WORDS[protocol]("The answer ", "is 42 \u2014 not 43.")]
    outcome = ask('ASK "What is it?" WITH "Be brief." SET ?a AFTER EMIT ?a', protocol)
    assert (outcome.error, outcome.result) == (None, "The answer is 42 \u2014 not 43.")
    remarks = {"model": "small", "tokens_in": 11, "tokens_out": 7, "tries": 1}
    assert outcome.trace_json()[0] | remarks == outcome.trace_json()[0]
    assert "tokens_in" not in outcome.trace_json()[1]


def test_what_is_sent_to_openai(ask: Ask, service: Service) -> None:
    service.says = [openai("x")]
    ask('ASK "Why?" USING "large" WITH "Be brief."')
    [asked] = service.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["idempotency-key"].startswith("job:")
    assert asked.body == {
        "model": "large",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "max_tokens": 8_192,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_what_is_sent_to_anthropic(ask: Ask, service: Service) -> None:
    service.says = [anthropic("x")]
    ask('ASK "Why?" WITH "Be brief."', "anthropic", endpoint={"max_tokens": 100})
    [asked] = service.asked
    assert (asked.path, asked.headers["x-api-key"], asked.headers["anthropic-version"]) == (
        "/v1/messages",
        KEY,
        "2023-06-01",
    )
    assert "authorization" not in asked.headers
    assert asked.body == {
        "model": "small",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Why?"}],
        "max_tokens": 100,
        "stream": True,
    }


def test_attached_values_stand_before_the_prompt(ask: Ask, service: Service) -> None:
    service.says = [openai("x")]
    ask('ASK "Which?" ATTACH ?v', variables={"v": {"a": [1]}})
    content = '<attachment>\n{"a":[1]}\n</attachment>\n\nWhich?'
    assert service.asked[0].body["messages"] == [{"role": "user", "content": content}]


@pytest.mark.parametrize(
    ("protocol", "part"),
    [
        ("openai", {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgogcmVzdA=="}}),
        (
            "anthropic",
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgogcmVzdA=="},
            },
        ),
    ],
)
def test_images_are_attached_as_images(ask: Ask, service: Service, protocol: str, part: Any) -> None:
    service.says = [WORDS[protocol]("x")]
    ask('ASK "Which?" ATTACH ?v', protocol, variables={"v": [PNG, "a note"]})
    note, prompt = "<attachment>\na note\n</attachment>", "Which?"
    assert service.asked[0].body["messages"][0]["content"] == [
        part,
        {"type": "text", "text": note},
        {"type": "text", "text": prompt},
    ]


def test_binary_that_is_no_image_is_not_attached(ask: Ask, service: Service) -> None:
    outcome = ask('ASK "Which?" ATTACH ?v', variables={"v": b"\x00\x01"})
    assert outcome.error is not None
    assert (str(outcome.error.code), service.asked) == ("TypeFailed", [])
    assert "binary that is no image" in outcome.error.message


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_stream_may_be_cut_anywhere(ask: Ask, service: Service, protocol: str, piece: int) -> None:
    service.says = [WORDS[protocol]("caf\u00e9 ", "\u2603\U0001f600", piece=piece)]
    assert ask('ASK "x" SET ?a AFTER EMIT ?a', protocol).result == "caf\u00e9 \u2603\U0001f600"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_answer_that_is_not_streamed(ask: Ask, service: Service, protocol: str) -> None:
    bodies = {
        "openai": {
            "choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        },
        "anthropic": {
            "content": [{"type": "text", "text": "whole"}],
            "usage": {"input_tokens": 3, "output_tokens": 2},
        },
    }
    service.says = [refusal(200, bodies[protocol])]
    outcome = ask('ASK "x" SET ?a AFTER EMIT ?a', protocol)
    assert outcome.result == "whole"
    assert outcome.trace_json()[0]["tokens_in"] == 3


# JSON


def test_json_is_asked_for_in_the_way_of_the_protocol(ask: Ask, service: Service) -> None:
    service.says = [openai('{"a":', " 1.0}")]
    assert ask('ASK "x" FORMAT "json" SET ?a AFTER EMIT ?a(a)').result == 1
    body = service.asked[0].body
    assert body["response_format"] == {"type": "json_object"}
    assert "JSON" in body["messages"][0]["content"]

    service.says = [anthropic('{"a":', " [2]}", tool=True, reason="tool_use")]
    assert ask('ASK "x" FORMAT "json" SET ?a AFTER EMIT ?a', "anthropic").result == {"a": [2]}
    body = service.asked[1].body
    assert body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert body["tools"][0]["input_schema"] == {"type": "object", "additionalProperties": True}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Here it is: {"a": {"b": 1}} Anything else?', {"a": {"b": 1}}),
        ("[1, 2]", [1, 2]),
    ],
)
def test_words_around_the_json_are_left_out(ask: Ask, service: Service, text: str, value: Any) -> None:
    service.says = [openai(text)]
    outcome = ask('ASK "x" FORMAT "json" SET ?a AFTER EMIT ?a')
    assert (outcome.result, len(service.asked)) == (value, 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_wrong_answer_is_mended_once(ask: Ask, service: Service, protocol: str) -> None:
    service.says = [WORDS[protocol]("{'a': 1}", tokens=(10, 2)), WORDS[protocol]('{"a": 1}', tokens=(30, 3))]
    outcome = ask('ASK "x" FORMAT "json" SET ?a AFTER EMIT ?a', protocol)
    assert outcome.result == {"a": 1}
    entry = outcome.trace_json()[0]
    assert (entry["tokens_in"], entry["tokens_out"], entry["tries"]) == (40, 5, 2)
    first, second = service.asked
    assert second.body["messages"][-2] == {"role": "assistant", "content": "{'a': 1}"}
    assert "not the JSON" in second.body["messages"][-1]["content"]
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


@pytest.mark.parametrize("text", ["no JSON at all", "42", "", "{" * 70 + "}" * 70])
def test_json_that_stays_wrong_fails(ask: Ask, service: Service, text: str) -> None:
    service.says = [openai(text)]
    outcome = ask('ASK "x" FORMAT "json"')
    assert outcome.error is not None
    assert (str(outcome.error.code), len(service.asked)) == ("JsonFailed", 2)


# failures


def test_no_model_is_set() -> None:
    outcome = engine.run(program.load('ASK "x"'), local_context())
    assert outcome.error is not None
    assert (str(outcome.error.code), "model_base_url" in (outcome.error.hint or "")) == ("Unsupported", True)


@pytest.mark.parametrize("step", ["ASK ?half", 'ASK "x" WITH ?half', f'ASK "x" USING "{"n" * 201}"', "ASK 7"])
def test_what_cannot_be_asked(ask: Ask, service: Service, step: str) -> None:
    outcome = ask(step, variables={"half": "\ud800"})
    assert outcome.error is not None
    assert (str(outcome.error.code), service.asked) == ("TypeFailed", [])


def test_no_default_model(ask: Ask) -> None:
    outcome = ask('ASK "x"', endpoint={"default": ""})
    assert outcome.error is not None
    assert (str(outcome.error.code), "model_default" in (outcome.error.hint or "")) == ("Unsupported", True)


def test_a_refusal_tells_what_the_service_said_but_no_key(ask: Ask, service: Service) -> None:
    told = f"Incorrect API key provided: {KEY}, or sk-c****cdef. " + "x" * 1_000
    service.says = [refusal(401, {"error": {"message": told, "type": "invalid_request_error"}})]
    outcome = ask('ASK "x"')
    assert outcome.error is not None
    assert str(outcome.error.code) == "NetUnreachable"
    assert "status 401: Incorrect API key provided: (key), or (key) x" in outcome.error.message
    assert len(outcome.error.message) < 400
    assert outcome.trace_json()[0]["tries"] == 1
    assert KEY not in str(outcome.trace_json()) + outcome.error.message


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_it_is_asked_again_where_that_may_help(ask: Ask, service: Service, status: int) -> None:
    service.says = [refusal(status, {"error": "busy"}, Retry_After="0"), openai("at last")]
    outcome = ask('ASK "x" SET ?a AFTER EMIT ?a')
    assert outcome.result == "at last"
    assert outcome.trace_json()[0]["tries"] == 2
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 1


def test_it_is_asked_three_times_at_most(ask: Ask, service: Service) -> None:
    service.says = [refusal(503, "<html>busy</html>")]
    outcome = ask('ASK "x" OR EMIT !ERROR(code) & ": " & !ERROR(message)')
    assert outcome.result == "NetUnreachable: the model service answered with status 503"
    assert (len(service.asked), outcome.trace_json()[0]["tries"]) == (3, 3)


def test_no_pause_is_longer_than_the_run_has_left(ask: Ask, service: Service) -> None:
    service.says = [refusal(429, {"error": {"message": "slow down"}}, Retry_After="3600")]
    outcome = ask('ASK "x"')
    assert outcome.error is not None
    assert (len(service.asked), outcome.error.message) == (1, "the model service answered with status 429: slow down")


def test_calls_are_counted(ask: Ask, service: Service) -> None:
    service.says = [refusal(500, {})]
    outcome = ask('ASK "x" OR EMIT "caught"', limits={"outbound_calls": 2})
    assert outcome.error is not None
    assert (str(outcome.error.code), len(service.asked)) == ("LimitExceeded", 2)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_answer_that_breaks_off_is_asked_for_again(ask: Ask, service: Service, protocol: str) -> None:
    whole = WORDS[protocol]("one ", "two")
    service.says = [Said(whole.body[: len(whole.body) // 2]), whole]
    assert ask('ASK "x" SET ?a AFTER EMIT ?a', protocol).result == "one two"
    service.says = [Said(whole.body[: len(whole.body) // 2])]
    outcome = ask('ASK "x"', protocol)
    assert outcome.error is not None
    assert outcome.error.message == "the model broke off in the middle of its answer"


@pytest.mark.parametrize(
    ("protocol", "error", "times"),
    [
        ("anthropic", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 3),
        ("anthropic", {"type": "error", "error": {"type": "invalid_request_error", "message": "too long"}}, 1),
        ("openai", {"error": {"message": "engine down", "type": "server_error"}}, 3),
    ],
)
def test_errors_inside_a_stream(ask: Ask, service: Service, protocol: str, error: Any, times: int) -> None:
    service.says = [Said(events(error))]
    outcome = ask('ASK "x"', protocol)
    assert outcome.error is not None
    assert outcome.error.message == f"the model broke off: {error['error']['message']}"
    assert len(service.asked) == times


BROKEN = ["", "<html>hello</html>", "{}", "[1]", "data: 7\n\n", "data: {\n\n", 'data: {"choices": 7}\n\n']


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_no_answer(ask: Ask, service: Service, protocol: str, body: str) -> None:
    service.says = [Said(body.encode())]
    outcome = ask('ASK "x"', protocol)
    assert outcome.error is not None
    assert str(outcome.error.code) == "NetUnreachable"


def test_fields_that_a_service_does_not_know_are_left_out(ask: Ask, service: Service) -> None:
    told = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    service.says = [refusal(400, {"error": {"message": told}}), openai("x")]
    assert ask('ASK "x" SET ?a AFTER EMIT ?a').result == "x"
    first, second = service.asked
    assert (first.body["max_tokens"], second.body["max_completion_tokens"]) == (8_192, 8_192)
    assert "max_tokens" not in second.body


def test_redirects_are_not_followed(ask: Ask, service: Service) -> None:
    service.says = [Said(b"", 307, {"Location": "http://127.0.0.1:9/"})]
    outcome = ask('ASK "x"')
    assert outcome.error is not None
    assert (outcome.error.message, len(service.asked)) == ("the model service answered with status 307", 1)


def test_nobody_listens(ask: Ask, service: Service) -> None:
    service.server.server_close()
    outcome = ask('ASK "x"')
    assert outcome.error is not None
    assert str(outcome.error.code) == "NetUnreachable"
    assert outcome.error.message.startswith("the model cannot be reached: ")


def test_a_slow_answer_runs_out_of_time(ask: Ask, service: Service) -> None:
    never = threading.Event()
    service.says = [openai("x", waits=lambda: never.wait(10))]
    outcome = ask('ASK "x" OR EMIT !ERROR(code)', endpoint={"seconds": 0.2})
    never.set()
    assert outcome.result == "NetTimeout"


def test_cancelling_the_run_ends_the_call(ask: Ask, service: Service) -> None:
    cancel, never = CancelFlag(), threading.Event()

    def asked() -> None:
        threading.Thread(target=cancel.set).start()
        never.wait(10)

    service.says = [openai("x", waits=asked)]
    outcome = ask('ASK "x" OR EMIT "caught"', context={"cancel": cancel})
    never.set()
    assert outcome.error is not None
    assert (outcome.error.final, outcome.error.message) == (True, "the run was cancelled")


def test_too_long_an_answer_is_given_up(ask: Ask, service: Service) -> None:
    service.says = [openai(*["x" * 1_000_000] * 6)]
    outcome = ask('ASK "x"')
    assert outcome.error is not None
    assert "more than 5,000,000 characters" in outcome.error.message
    assert len(service.asked) == 1


# names, branches, repetitions


@pytest.mark.parametrize(
    ("asked", "sent"), [("small", "m-1"), ("claude-haiku-4-5", "m-2"), ("claude-opus-4", "m-3"), ("other", "other")]
)
def test_names_of_models(ask: Ask, service: Service, asked: str, sent: str) -> None:
    names = {"small": "m-1", "claude-haiku-*": "m-2", "claude-*": "m-3", "oth": "no"}
    service.says = [openai("x")]
    ask(f'ASK "x" USING "{asked}"', endpoint={"names": names})
    assert service.asked[0].body["model"] == sent


def test_branches_ask_at_once_and_each_remarks_its_own(ask: Ask, service: Service) -> None:
    meeting = threading.Barrier(2, timeout=10)
    service.says = [openai("x", piece=1 << 20, waits=meeting.wait)]
    outcome = ask('TIME SET ?t AFTER ASK "a" SET ?a AND ASK "b" USING "large" SET ?b AFTER EMIT ?a & ?b')
    assert outcome.result == "xx"
    assert [entry.get("model") for entry in outcome.trace_json()] == [None, "small", "large", None]
