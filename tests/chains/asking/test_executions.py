"""Whole executions with pre-tools, models and tools, in the real engine; one of them killed in the middle."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chains.executions import records, steps
from chains.tools.pace import Pace
from tests.chains.asking.equipped import Equipped, elsewhere
from tests.chains.desk import at_desk
from tests.models.services import Asked, Said, Service, openai, openai_calls, refusal
from tests.outbound.servers import Answer, Web

TEXT = """
name: x
output: out
inputs: [{name: topic}]
steps:
  - id: ask
    model: big
    tools: [http_fetch, oql]
    prompt: "About {topic}: {page}"
    pre_tools:
      - {type: http_fetch, inject_as: page, url: "URL/page"}
      - {type: write_file, inject_as: note, path: /tmp/note, content: "{topic} ", append: true}
    retry: {max: 2, delay_ms: 0}
    output_var: out
"""


@pytest.fixture
def here(service: Service, web: Web, tmp_path: Path) -> Iterator[Equipped]:
    """On SQLite."""
    made = Equipped(tmp_path, "", service.at, web.at)
    yield made
    made.close()


def note(here: Equipped) -> str:
    """What the chain has written."""
    return here.files.read("/root/tmp/note", 1_000, Pace(at_desk("prompt: x"), 5)).decode()


def counted(here: Equipped, execution: str) -> list[tuple[int | None, int | None]]:
    """The tokens of all steps."""
    return [(state.input_tokens, state.output_tokens) for state in steps.of(here.namespace, execution)]


def calls(web: Web) -> Any:
    """A model that stores a row and fetches a page."""
    program = 'WRITE "x" INTO "/root/tmp/note" AS "append" AFTER EMIT "kept"'
    fetch = ("c2", "http_fetch", json.dumps({"url": f"{web.url}/more"}))
    return openai_calls(("c1", "oql", json.dumps({"program": program})), fetch)


def test_an_execution_with_everything(here: Equipped, service: Service, web: Web) -> None:
    service.says = [refusal(503, {}), calls(web), openai(" An ", "answer. ")]
    execution = here.run(TEXT.replace("URL", web.url), topic="tea")
    assert here.answer(execution) == "An answer."
    assert service.asked[0].body["messages"] == [{"role": "user", "content": "About tea: /page"}]
    assert [each["content"] for each in service.asked[2].body["messages"][-2:]] == ["kept", "/more"]
    assert (note(here), counted(here, execution)) == ("tea x", [(22, 14)])
    told = here.told(execution, "step_log", "step_output", "step_done")
    assert told[0] == "step_log ask Attempt 1 (big) failed: the model service answered with status 503"
    assert told[1].startswith("step_log ask Tool oql: ")
    assert told[2].startswith("step_log ask Tool http_fetch: ")
    assert told[-1] == "step_done ask"
    assert "".join(each.removeprefix("step_output ask ") for each in told[3:-1]).strip() == "An answer."


def test_what_a_step_gave_is_found_by_a_later_execution(here: Equipped, service: Service, web: Web) -> None:
    service.says = [openai("one"), openai("two")]
    text = TEXT.replace("URL", web.url).replace("    retry:", "    cache: {enabled: true}\n    retry:")
    first, second, third = here.run(text, topic="tea"), here.run(text, topic="tea"), here.run(text, topic="milk")
    assert [here.answer(each) for each in (first, second, third)] == ["one", "one", "two"]
    assert (len(service.asked), counted(here, second)) == (2, [(None, None)])
    assert "step_cache_hit ask" in here.told(second)
    here.run(text.replace("true}", "true, ttl_minutes: 0}"), topic="tea")
    assert len(service.asked) == 3


def test_long_variables_are_summarized(here: Equipped, service: Service, web: Web) -> None:
    web.answers["/page"] = Answer(body=b"word " * 100)
    service.says = [openai("In short."), openai("done")]
    text = TEXT.replace("URL", web.url).replace("    retry:", "    context_strategy: {page: summarize}\n    retry:")
    execution = here.run(text, topic="tea")
    assert [asked.body["model"] for asked in service.asked] == ["claude-haiku-4-5", "big"]
    assert service.asked[1].body["messages"][0]["content"] == "About tea: In short."
    assert counted(here, execution) == [(22, 14)]


def test_a_failing_model_ends_the_execution(here: Equipped, service: Service, web: Web) -> None:
    service.says = [refusal(401, {"error": {"message": "no"}})]
    execution = here.run(TEXT.replace("URL", web.url), topic="tea")
    assert here.answer(execution) == ["NetUnreachable", "the model service answered with status 401: no"]
    assert "step_error ask the model service answered with status 401: no" in here.told(execution)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_killed_between_the_rounds(
    engine: str, request: pytest.FixtureRequest, service: Service, web: Web, tmp_path: Path
) -> None:
    """It goes on from the last thing that was kept: nothing of the first round is done again."""
    url = str(request.getfixturevalue("postgres_url")) if engine == "postgres" else ""
    second, never = threading.Event(), threading.Event()

    def hangs() -> None:
        second.set()
        never.wait(30)

    service.says = [calls(web), openai("never", waits=hangs), openai("done")]
    here = Equipped(tmp_path, url, service.at, web.at)
    execution = here.start(TEXT.replace("URL", web.url), topic="tea")
    with elsewhere(tmp_path, url, service.at, web.at) as process:
        assert second.wait(30)
        process.kill()
    here.ahead = 60.0
    here.drive()
    never.set()
    assert here.answer(execution) == "done"
    assert (note(here), counted(here, execution)) == ("tea x", [(22, 14)])
    assert [asked.path for asked in web.asked] == ["/page", "/more"]
    keys = [asked.headers["idempotency-key"] for asked in service.asked]
    assert (len(keys), keys[1] == keys[2], keys[0] == keys[1]) == (3, True, False)
    here.close()


BOTH = """
name: x
output: out
steps:
  - {id: items, type: transform, prompt: "first,second", output_var: items}
  - {id: out, type: loop, model: m, items_var: items, prompt: "Say {item}", output_var: out, depends_on: [items]}
"""


@pytest.mark.slow
def test_killed_while_an_element_of_a_loop_is_asked_for(service: Service, web: Web, tmp_path: Path) -> None:
    """How long the elements have taken that were done is known, though nothing of them is done again."""
    never, here = threading.Event(), Equipped(tmp_path, "", service.at, web.at)

    def answers(asked: Asked) -> Said:
        if "first" in str(asked.body):
            return openai("one", waits=lambda: time.sleep(0.5))
        return openai("two") if here.ahead else openai("never", waits=lambda: never.wait(30))

    service.says = [Said(b"", telling=answers)]
    execution = here.start(BOTH)
    with elsewhere(tmp_path, "", service.at, web.at) as process:
        here.until(lambda: "step_output out [1] one" in here.told(execution))
        time.sleep(0.2)  # the answer was told while it came
        process.kill()
    here.ahead = 60.0
    here.drive()
    never.set()
    assert here.answer(execution) == '["one","two"]'
    assert sum("first" in str(asked.body) for asked in service.asked) == 1
    [done] = [each for each in here.events(execution) if each["type"] == "step_done" and each["stepId"] == "out"]
    assert done["durationMs"] >= 500
    here.close()


SLOW = """
name: x
output: out
steps:
  - {id: ask, model: m, prompt: x, timeout_ms: 200, retry: {max: 2, delay_ms: 0}, output_var: out}
"""


def test_each_attempt_has_its_own_time(here: Equipped, service: Service) -> None:
    never = threading.Event()
    service.says = [openai("x", waits=lambda: never.wait(10)), openai("in time")]
    execution = here.run(SLOW)
    assert here.answer(execution) == "in time"
    told = 'step_log ask Attempt 1 (m) failed: Model call timed out after 0.2s for step "ask"'
    assert here.told(execution, "step_log") == [told]
    service.says = [openai("x", waits=lambda: never.wait(10))]
    execution = here.run(SLOW)
    never.set()
    assert here.answer(execution) == ["NetTimeout", 'Model call timed out after 0.2s for step "ask"']


def test_a_resumed_step_asks_again(here: Equipped, service: Service, web: Web) -> None:
    service.says = [refusal(503, {}), refusal(503, {}), openai("now")]
    execution = here.run(TEXT.replace("URL", web.url), topic="tea")
    assert here.answer(execution) == ["NetUnreachable", "the model service answered with status 503"]
    here.namespace.write(lambda frame: records.resume(frame, execution, here.now(), here.slots))
    here.drive()
    assert here.answer(execution) == "now"
    assert len(service.asked) == 3


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_texts_that_not_every_store_can_hold(
    engine: str, request: pytest.FixtureRequest, service: Service, web: Web, tmp_path: Path
) -> None:
    url = str(request.getfixturevalue("postgres_url")) if engine == "postgres" else ""
    here = Equipped(tmp_path, url, service.at, web.at)
    service.says = [openai("a\0b"), refusal(400, {"error": {"message": "no\0pe"}})]
    text = "name: x\noutput: out\nsteps:\n  - {id: s, prompt: x, output_var: out, cache: {enabled: true}}\n"
    first, again, failing = here.run(text), here.run(text), here.run(text.replace("prompt: x", "prompt: y"))
    assert [here.answer(first), here.answer(again)] == ["a\ufffdb"] * 2
    assert here.answer(failing) == ["NetUnreachable", "the model service answered with status 400: nope"]
    here.close()
