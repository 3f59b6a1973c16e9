"""Which models are asked, how often, and what a failure comes to."""

import threading

import pytest

from chains.asking import answer, models_of
from chains.work import Told
from oql.errors import OqlError
from tests.chains.asking.conftest import Sit, asked
from tests.chains.desk import Died, at_desk, later
from tests.models.services import KEY, PROTOCOLS, WORDS, Said, Service, events, openai, refusal

BUSY = refusal(503, {"error": {"message": "come back later"}})
TOLD = "the model service answered with status 503: come back later"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_answer_with_its_tokens_and_chunks(sit: Sit, service: Service, protocol: str) -> None:
    service.says = [WORDS[protocol]("It is ", "blue. ")]
    desk = sit("prompt: Which colour?", protocol)
    assert asked(desk, system="Be brief.") == Told("It is blue. ", 11, 7)
    assert (desk.logged("chunk"), desk.tokens, len(desk.calls)) == (["It is ", "blue. "], [(11, 7)], 1)
    body = service.asked[0].body
    assert body["messages"][-1] == {"role": "user", "content": "Which colour?"}
    assert "Be brief." in (body.get("system"), body["messages"][0]["content"])
    assert "tools" not in body


def test_chunks_go_where_they_are_wanted(sit: Sit, service: Service) -> None:
    chunks: list[str] = []
    service.says = [openai("a", "b")]
    desk = sit("prompt: x")
    asked(desk, tell=chunks.append)
    assert (chunks, desk.logged("chunk")) == (["a", "b"], [])


@pytest.mark.parametrize(("protocol", "reason"), [("openai", "length"), ("anthropic", "max_tokens")])
def test_an_answer_that_was_cut_off_is_told_of(sit: Sit, service: Service, protocol: str, reason: str) -> None:
    service.says = [WORDS[protocol]("It is", reason=reason)]
    desk = sit("prompt: x\nmodel: m", protocol, endpoint={"max_tokens": 2})
    assert asked(desk).text == "It is"
    assert desk.logged("warn") == ["The answer of m was cut off at 2 tokens (model_max_tokens)"]


def test_names_of_models_in_their_order(sit: Sit) -> None:
    desk = sit("prompt: x\nmodel: own\nfallback_models: [second, own, third]", endpoint={"default": "general"})
    assert models_of(desk) == ["own", "second", "third"]
    assert models_of(desk, "other", "typical") == ["other", "second", "own", "third"]
    bare = sit("prompt: x", endpoint={"default": "general"})
    assert (models_of(bare), models_of(bare, "", "typical")) == (["general"], ["typical"])


def test_names_are_mapped(sit: Sit, service: Service) -> None:
    service.says = [openai("x")]
    asked(sit("prompt: x\nmodel: claude-haiku-4-5", endpoint={"names": {"claude-*": "m-3", "claude-haiku-*": "m-2"}}))
    assert service.asked[0].body["model"] == "m-2"


def test_attempts_with_waits_that_grow(sit: Sit, service: Service) -> None:
    service.says = [BUSY, BUSY, BUSY, openai("at last")]
    desk = sit("prompt: x\nmodel: m\nretry: {max: 4, delay_ms: 1000, backoff: 3}")
    assert asked(desk).text == "at last"
    assert desk.logged("warn") == [f"Attempt {number} (m) failed: {TOLD}" for number in (1, 2, 3)]
    assert [0.5 * full <= wait <= full for wait, full in zip(desk.waited, (1.0, 3.0, 9.0), strict=True)] == [True] * 3
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 4


def test_without_retry_there_is_one_attempt(sit: Sit, service: Service) -> None:
    service.says = [BUSY]
    desk = sit("prompt: x\nmodel: m")
    with pytest.raises(OqlError) as caught:
        asked(desk)
    assert (caught.value.message, str(caught.value.code)) == (TOLD, "NetUnreachable")
    assert (len(service.asked), desk.waited, desk.logged("warn")) == (1, [], [f"Attempt 1 (m) failed: {TOLD}"])


def test_fallbacks_have_their_own_attempts(sit: Sit, service: Service) -> None:
    service.says = [BUSY, BUSY, BUSY, openai("from the other")]
    desk = sit("prompt: x\nmodel: one\nfallback_models: [two]\nretry: {max: 2, delay_ms: 0}")
    assert asked(desk).text == "from the other"
    assert [asked.body["model"] for asked in service.asked] == ["one", "one", "two", "two"]
    assert desk.logged("warn") == [
        f"Attempt {number} ({model}) failed: {TOLD}" for number, model in ((1, "one"), (2, "one"), (1, "two"))
    ]


@pytest.mark.parametrize(("status", "times"), [(400, 1), (401, 1), (404, 1), (425, 1), (408, 3), (409, 3), (429, 3)])
def test_what_the_service_refuses_is_not_asked_again(sit: Sit, service: Service, status: int, times: int) -> None:
    service.says = [refusal(status, {})]
    with pytest.raises(OqlError, match=f"status {status}"):
        asked(sit("prompt: x\nmodel: m\nretry: {max: 3, delay_ms: 0}"))
    assert len(service.asked) == times


def test_a_refused_model_leads_to_the_next(sit: Sit, service: Service) -> None:
    service.says = [refusal(404, {"error": {"message": "no such model"}}), openai("x")]
    desk = sit("prompt: x\nmodel: gone\nfallback_models: [here]\nretry: {max: 5}")
    assert (asked(desk).text, desk.waited) == ("x", [])


def test_an_error_inside_the_stream_that_will_stay(sit: Sit, service: Service) -> None:
    service.says = [Said(events({"error": {"message": "too long", "type": "invalid_request_error"}}))]
    with pytest.raises(OqlError, match="the model broke off: too long"):
        asked(sit("prompt: x\nmodel: m\nretry: {max: 3, delay_ms: 0}"))
    assert len(service.asked) == 1


def test_the_key_is_in_no_log_and_no_error(sit: Sit, service: Service) -> None:
    service.says = [refusal(401, {"error": {"message": f"wrong key {KEY}"}})]
    desk = sit("prompt: x\nmodel: m")
    with pytest.raises(OqlError) as caught:
        asked(desk)
    assert "wrong key (key)" in caught.value.message
    assert KEY not in str(desk.told) + str(desk.kept)


def test_nobody_to_ask() -> None:
    desk = at_desk("prompt: x\nmodel: m")
    with pytest.raises(OqlError) as caught:
        asked(desk)
    assert (caught.value.message, str(caught.value.code)) == (
        "No model endpoint is configured: the setting model_base_url names one",
        "ChainFailed",
    )


def test_no_model_is_named(sit: Sit) -> None:
    with pytest.raises(OqlError, match='Step "s" names no model, and there is no default'):
        asked(sit("prompt: x", endpoint={"default": ""}))


def test_time_is_up(sit: Sit, service: Service) -> None:
    never = threading.Event()
    service.says = [openai("x", waits=lambda: never.wait(10)), openai("in time")]
    desk = sit("prompt: x\nmodel: m\ntimeout_ms: 150\nretry: {max: 2, delay_ms: 0}")
    assert asked(desk).text == "in time"
    never.set()
    assert desk.logged("warn") == ['Attempt 1 (m) failed: Model call timed out after 0.15s for step "s"']


def test_time_is_up_at_last(sit: Sit, service: Service) -> None:
    never = threading.Event()
    service.says = [openai("x", waits=lambda: never.wait(10))]
    with pytest.raises(OqlError) as caught:
        asked(sit("prompt: x\nmodel: m\ntimeout_ms: 100"))
    never.set()
    assert (caught.value.message, str(caught.value.code)) == (
        'Model call timed out after 0.1s for step "s"', "NetTimeout",
    )  # fmt: skip


def test_the_time_of_ask_is_not_that_of_steps(sit: Sit, service: Service) -> None:
    release = threading.Event()
    service.says = [openai("x", waits=lambda: release.wait(0.2))]
    assert asked(sit("prompt: x\nmodel: m", endpoint={"seconds": 0.05})).text == "x"


def test_cancelling_ends_the_call(sit: Sit, service: Service) -> None:
    asking, never = threading.Event(), threading.Event()

    def waits() -> None:
        asking.set()
        never.wait(10)

    service.says = [openai("x", waits=waits)]
    desk = sit("prompt: x\nmodel: m\nretry: {max: 9}\nfallback_models: [n]")
    later(desk.context.cancel.set, asking)
    with pytest.raises(OqlError, match="the run was cancelled") as caught:
        asked(desk)
    never.set()
    assert (caught.value.final, desk.logged("warn"), len(service.asked)) == (True, [], 1)


# a run that goes on


def test_a_repetition_asks_nobody(sit: Sit, service: Service) -> None:
    service.says = [BUSY, openai("x")]
    text = "prompt: x\nmodel: m\nretry: {max: 2, delay_ms: 1000}"
    first = sit(text)
    asked(first)
    again = sit(text, kept=first.kept)
    assert asked(again) == Told("x", 11, 7)
    assert (len(service.asked), again.told, again.waited, again.tokens) == (2, [], [], [(11, 7)])


def test_failed_attempts_count_after_a_crash(sit: Sit, service: Service) -> None:
    service.says = [BUSY]
    text = "prompt: x\nmodel: m\nretry: {max: 2, delay_ms: 1000}"
    first = sit(text, dies_at="answer.1.2.1")
    with pytest.raises(Died):
        asked(first)
    again = sit(text, kept=first.kept)
    with pytest.raises(OqlError, match="status 503"):
        asked(again)
    assert (len(service.asked), len(again.waited)) == (3, 1)
    assert again.logged("warn") == [f"Attempt 2 (m) failed: {TOLD}"]
    keys = [asked.headers["idempotency-key"] for asked in service.asked]
    assert (keys[1] == keys[2], keys[0] == keys[1]) == (True, False)


def test_answers_of_other_names_are_other_answers(sit: Sit, service: Service) -> None:
    service.says = [openai("one"), openai("two")]
    desk = sit("prompt: x\nmodel: m")
    texts = [answer(desk, "x", models=["m"], seconds=5, name=name).text for name in ("a", "b", "a")]
    assert texts == ["one", "two", "one"]
