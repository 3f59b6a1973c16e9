"""What a step that an evaluator has run again is told to have taken, beside what tests/chains/cases shows."""

import time

from chains.executions.reading import stats
from tests.chains.running.driving import Here
from tests.models.services import Service, openai
from tests.outbound.servers import Answer, Asked, Web

TEXT = """name: x
output: w
steps:
  - id: w
    type: transform
    prompt: "{page}"
    pre_tools: [{type: http_fetch, inject_as: page, url: "URL/slow"}]
    output_var: w
  - {id: j, type: evaluator, input_var: w, criteria: c, on_fail: retry, output_var: j, depends_on: [w]}
"""


def test_a_transform_takes_no_time_when_it_runs_again_either(here: Here, service: Service, web: Web) -> None:
    def slow(_: Asked) -> Answer:
        time.sleep(0.02)
        return Answer(body=b"page")

    web.answers["/slow"] = slow
    service.says = [openai("FAIL"), openai("PASS")]
    execution = here.run(TEXT.replace("URL", web.url))
    assert here.answer(execution) == "page\n\nFAIL"
    done = [event for event in here.events(execution) if event["type"] == "step_done" and event["stepId"] == "w"]
    assert [event["durationMs"] for event in done] == [0, 0]


def test_all_runs_of_a_step_are_counted(here: Here, service: Service) -> None:
    text = TEXT.replace('    type: transform\n    prompt: "{page}"\n', "    prompt: Write\n")
    text = "".join(line for line in text.splitlines(keepends=True) if "pre_tools" not in line)
    service.says = [openai("one"), openai("FAIL"), openai("two"), openai("FAIL"), openai("three"), openai("PASS")]
    execution = here.run(text)
    assert here.answer(execution) == "three"
    # six answers, of 11 tokens in and 7 out each
    assert stats(here.namespace, "x")["totalTokens"] == {"input": 66, "output": 42}
