"""One execution whose process dies at a named point; another process takes it over, and the judgement of that.

The chain asks models, in a loop of them and in a debate, writes rows, calls a webhook, runs another chain, and asks a
person; so that whatever is done twice, or never, can be seen.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chains import library
from chains.executions import events, records, steps
from chains.starting import start
from substrate.interface import Namespace
from tests.crash import disk
from tests.crash.forked import dies
from tests.crash.holder import Worker, run_on, work_off, working
from tests.crash.points import AHEAD_S, make
from tests.crash.works import SET_UP, Work
from tests.models.services import Asked, Said, Service, openai

IN_FLIGHT = 4
"""Questions that may be on their way at once, and so may be asked again."""
_INSERT = (
    "NEW JSON OBJECT OPEN NEST SET tag AS ?tag AND SET step AS {step} CLOSE NEST SET ?o "
    'AFTER INSERT ?o INTO "t" FROM "d" AFTER RETURN "row"'
)
_INNER = f"""name: inner
output: row
inputs: [{{name: tag}}]
steps:
  - {{id: word, prompt: "inner word", output_var: word}}
  - id: row
    type: oql
    output_var: row
    depends_on: [word]
    program: '{_INSERT.format(step=9)}'
"""
_CHAIN = f"""name: outer
output: all
inputs: [{{name: tag}}]
steps:
  - {{id: list, prompt: "list", output_var: list}}
  - id: rows
    type: loop
    items_var: list
    output_var: rows
    max_parallel: 2
    depends_on: [list]
    step_template:
      type: oql
      program: 'CAST ?item AS "number" SET ?n AFTER {_INSERT.format(step="?n")}'
  - id: talk
    type: debate
    output_var: talk
    depends_on: [list]
    debate_rounds: 2
    debate_decision: last_round
    debate_agents: [{{prompt: "talk one"}}, {{prompt: "talk two"}}]
  - {{id: hook, type: webhook, webhook_url: "http://SERVICE/hook/{{tag}}", output_var: hook,
     depends_on: [inner, talk]}}
  - {{id: inner, type: subchain, subchain: inner, subchain_input_map: {{tag: "{{tag}}"}}, output_var: inner,
     depends_on: [rows]}}
  - {{id: gate, type: gate, prompt: "Go on?", output_var: gate, depends_on: [hook]}}
  - {{id: all, type: merge, inputs: [rows, inner, gate], output_var: all, depends_on: [gate]}}
"""
RESULT = '["row","row","row"]\n\n---\n\nrow\n\n---\n\napproved'
COMMITS = 24
"""About how many there are of each kind on the way."""
STEPS = ("list", "rows", "talk", "hook", "inner", "gate", "all")


@contextmanager
def answering(told: Callable[[Asked], Said] | None = None) -> Iterator[Service]:
    """A service that answers for models, and takes webhooks: every question by what it is."""
    made = Service()
    made.says = [Said(b"", telling=told or answer)]
    threading.Thread(target=made.server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


def text_of(at: str) -> tuple[str, str]:
    """The texts of the inner chain and of the outer one, which calls a service at a host and port."""
    return _INNER, _CHAIN.replace("SERVICE", at)


def answer(asked: Asked) -> Said:
    """What the service says."""
    if asked.path.startswith("/hook"):
        return Said(b"thanks", headers={"Content-Type": "text/plain"})
    prompt = asked.body["messages"][-1]["content"]
    return openai("1,2,3" if prompt == "list" else f"said {prompt.split(chr(10))[0]}")


def killed_at(url: str, folder: Path, model: Service, point: str) -> tuple[bool, list[str]]:
    """Runs the chain in a process that dies at the point, and takes it over; whether it died, and what is wrong."""
    return _taken_over(url, folder, model, lambda: dies(point, work_off, url, folder, model.at, model.at))


def on_a_disk_that_fails(folder: Path, model: Service, n: int, how: str) -> tuple[bool, list[str]]:
    """Runs the chain where the n-th write fails, then where none does; whether it failed, and what is wrong."""

    def run() -> bool:
        told = folder / "said"
        dies("", disk.use, folder, model.at, n, how, model.at, said=told)
        return int(told.read_text().split()[-1]) >= n

    return _taken_over("", folder, model, run)


def _taken_over(url: str, folder: Path, model: Service, run: Callable[[], bool]) -> tuple[bool, list[str]]:
    with working(url, folder, model.at, model=model.at) as before:
        make(before, "set-up", Work("set-up", "set-up", SET_UP))
        run_on(before, 20.0)
        before.namespace.write(lambda frame: frame.register(disk.TABLE))
        execution = _made(before, model.at)
    hurt = run()
    with working(url, folder, model.at, lambda: time.time() + AHEAD_S, model=model.at) as after:
        run_on(after, 30.0)
        after.namespace.write(lambda frame: records.decide(frame, execution, "gate", True, None, "ada", time.time()))
        run_on(after, 30.0)
        return hurt, [*_wrong(after, execution), *_asked_twice(model)]


def _made(worker: Worker, at: str) -> str:
    inner, text = text_of(at)
    worker.namespace.write(lambda frame: library.save(frame, "chain", "inner", inner, time.time(), {}))
    return worker.namespace.write(
        lambda frame: start(
            frame,
            kind="chain",
            name="outer",
            text=text,
            values={"tag": "t"},
            now=time.time(),
            limit=5,
            size_of=lambda _: None,
        )
    )


def _wrong(worker: Worker, execution: str) -> list[str]:
    """What is not as it should be in the store."""
    found = records.find(worker.namespace, execution)
    assert found
    faults = []
    if found.job.answer != {"result": RESULT}:
        faults.append(f"it ended as {found.job.state} with {found.job.answer}")
    rows = worker.namespace.query({"Scan": {"schema": "d.t"}})
    written = Counter(row["step"] for row in rows)
    if written != Counter({1: 1, 2: 1, 3: 1, 9: 1}):
        faults.append(f"it wrote {dict(written)}")
    if any(state.status != "done" for state in steps.of(worker.namespace, execution)):
        faults.append("a step is not done")
    return [*faults, *wrongly_numbered(worker.namespace, execution), *wrongly_told(worker.namespace, execution)]


def wrongly_numbered(namespace: Namespace, execution: str) -> list[str]:
    """What is wrong with the numbers of the events of an execution, and of those inside it."""
    inside = namespace.system("SELECT job FROM execution WHERE root = ?", execution)
    found = {str(job): [number for number, _ in events.after(namespace, str(job), 0, 10_000)] for (job,) in inside}
    return [
        f"the numbers of events of {job} are {numbers}"
        for job, numbers in found.items()
        if numbers != list(range(1, len(numbers) + 1))
    ]


def wrongly_told(namespace: Namespace, execution: str) -> list[str]:
    """What is told twice or never of an execution that is done, and was not resumed."""
    told, faults = events.after(namespace, execution, 0, 10_000), []
    counted: Counter[tuple[str, Any]] = Counter((event["type"], event.get("stepId")) for _, event in told)
    for step in STEPS:
        often = {kind: counted[kind, step] for kind in ("step_started", "step_done") if counted[kind, step] != 1}
        faults += [f"{kind} of {step} was told {times} times" for kind, times in often.items()]
    if counted["execution_done", None] != 1 or told[-1][1]["type"] != "execution_done":
        faults.append(f"it ended with {told[-1][1]}")
    return faults


def _asked_twice(model: Service) -> list[str]:
    """Questions that were asked more often than one crash explains, and calls that cannot be known as repetitions."""
    prompts = Counter(str(asked.body["messages"]) for asked in model.asked if not asked.path.startswith("/hook"))
    again = sum(prompts.values()) - len(prompts)
    faults = [] if again <= IN_FLIGHT and max(prompts.values()) <= 2 else [f"{again} questions were asked again"]
    if len(prompts) != 6:
        faults.append(f"{len(prompts)} different questions were asked")
    keys = {asked.headers["idempotency-key"] for asked in model.asked if asked.path.startswith("/hook")}
    calls = sum(asked.path.startswith("/hook") for asked in model.asked)
    if len(keys) != 1 or calls > 2 or not all(re.fullmatch(r"[0-9a-f]{16}:hook", key) for key in keys):
        faults.append(f"the webhook was called {calls} times, as {keys}")
    return faults
