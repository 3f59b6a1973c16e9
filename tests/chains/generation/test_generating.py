"""Chains from a description: what models answer, what they are told, and conversations that are kept."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import BaseModel

from chains import library
from chains.examination import examine
from chains.generation import sessions
from chains.generation.answers import AnswerRefused, Questions, Written, name_of, read_answer
from chains.generation.generating import GenerationFailed, answered, described, free_name, generate, named
from chains.generation.prompt import EXAMPLE, system_prompt
from chains.generation.sessions import Turn
from chains.pre_tool_spec import PRE_TOOLS, PreTool
from chains.spec import STEPS, Input
from oql.jobs.schema import MIGRATIONS
from substrate.interface import Frame, Namespace
from substrate.opening import open_store

CHAIN = "name: x\noutput: o\nsteps:\n  - {id: a, prompt: p, output_var: o}\n"


def test_the_model_is_told_every_field_that_has_an_effect() -> None:
    told = system_prompt()
    no_effect = {"gate_actions", "browser_headless", "browser_port", "browser_page_name", "browser_cookies_domain"}
    models: list[type[BaseModel]] = [*STEPS.values(), *PreTool.__subclasses__(), Input]
    fields = {name for model in models for name in model.model_fields} - no_effect
    assert [name for name in sorted(fields) if f"\n- {name}: " not in told and name != "type"] == []
    assert [kind for kind in (*STEPS, *PRE_TOOLS) if f"\ntype: {kind}" not in told] == []
    assert [name for name in no_effect if name in told] == []


def test_the_example_that_the_model_sees_is_right() -> None:
    assert [problem for problem in examine(EXAMPLE) if problem.level != "info"] == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"questions": ["What?", " ", "Who?"]}', Questions(["What?", "Who?"])),
        ('{"questions": ["1", "2", "3", "4", "5", "6"]}', Questions(["1", "2", "3", "4", "5"])),
        ('{"name": "My Chain!", "yaml": "a: 1", "summary": " s "}', Written("my-chain", "a: 1\n", "s")),
        ('Here:\n```json\n{"name": "a", "yaml": "```yaml\\na: 1\\n```"}\n```', Written("a", "a: 1\n", "")),
        ('{"name": "a", "yaml": {"a": [1]}, "questions": []}', Written("a", "a:\n- 1\n", "")),
        (json.dumps({"name": "a", "yaml": "x", "summary": "s" * 600}), Written("a", "x\n", "s" * 500)),
    ],
)
def test_answers(text: str, read: Questions | Written) -> None:
    assert read_answer(text) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I cannot do that.", "the answer is not the JSON object that was asked for"),
        ("[1]", "the answer is not a JSON object"),
        ('{"name": "a"}', 'the answer has neither "questions" nor "yaml"'),
        ('{"questions": []}', 'the answer has neither "questions" nor "yaml"'),
        ('{"questions": ["What?"]}', '^"questions": expected 2 to 5 texts, found 1; ask so many, or take what'),
        ('{"questions": ["What?", " "]}', '^"questions": expected 2 to 5 texts, found 1; ask so many, or take what'),
        ('{"questions": [" "]}', '^"questions": expected 2 to 5 texts, found 0; ask so many, or take what'),
    ],
)
def test_answers_that_are_none(text: str, said: str) -> None:
    with pytest.raises(AnswerRefused, match=said):
        read_answer(text)


def test_names() -> None:
    given = ["Daily Report", "../etc/passwd", "a..b", "", None, "日本", "x" * 300, "-a-"]
    assert [name_of(each) for each in given] == [
        "daily-report", "etc-passwd", "a.b", "chain", "chain", "chain", "x" * 192, "a",
    ]  # fmt: skip
    assert all(library.is_name(name_of(each)) for each in given)


class Model:
    """Gives one answer after the other, and notes what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[list[Turn]] = []
        self.told: list[tuple[str, str]] = []

    def __call__(self, turns: Sequence[Turn]) -> str:
        self.asked.append(list(turns))
        return self.answers.pop(0)

    def tell(self, kind: str, **fields: str) -> None:
        self.told.append((kind, fields.get("content", fields.get("raw", ""))))


def written(text: str) -> str:
    return json.dumps({"name": "x", "yaml": text})


def wrong(_name: str, text: str) -> list[str]:
    return [] if text == CHAIN else ["steps: is required", "output: is required"]


def test_a_chain_that_is_wrong_goes_back_with_its_problems() -> None:
    model = Model(written("name: x"), "no json", written(CHAIN))
    answer, said = generate(described(" Do it. "), model, wrong, model.tell)
    assert answer == Written("x", CHAIN, "")
    assert model.asked[0] == [Turn("user", "Write a chain for this:\n\nDo it.")]
    assert "- steps: is required\n- output: is required\n" in model.asked[1][-1].text
    assert "not the JSON object" in model.asked[2][-1].text
    assert [turn.role for turn in said] == ["user", "assistant"] * 3
    assert model.told[0] == ("tool", "steps: is required\noutput: is required")
    assert model.told[-1] == ("tool", "ok")


def test_too_few_questions_go_back() -> None:
    model = Model('{"questions": ["What?"]}', '{"questions": ["What?", "Who?"]}')
    answer, said = generate(described("x"), model, wrong, model.tell)
    assert answer == Questions(["What?", "Who?"])
    assert '\n- "questions": expected 2 to 5 texts, found 1; ' in model.asked[1][-1].text
    assert [turn.role for turn in said] == ["user", "assistant"] * 2


def test_it_goes_back_three_times_at_most() -> None:
    model = Model(*[written("name: x")] * 9)
    with pytest.raises(GenerationFailed, match=r"^Generation failed: steps: is required; output: is required$"):
        generate(described("x"), model, wrong, model.tell)
    assert len(model.asked) == 4


def test_answers_to_questions_come_in_three_forms() -> None:
    before = [Turn("user", "x")]
    for given, told in (("All.", "All."), (["a", "b"], "1. a\n2. b"), ({"Who?": "me"}, "Who?: me")):
        assert f"The answers:\n\n{told}\n" in answered(before, given)[-1].text


@pytest.fixture(params=["sqlite", "postgres"])
def namespace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Namespace]:
    """A namespace on each engine."""
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    store = open_store(url, tmp_path / "data", system=MIGRATIONS)
    made = store.namespace(f"user_{request.node.callspec.id}_{request.node.name[:9]}")
    made.make()
    yield made
    store.close()


def test_sessions_end_ten_minutes_after_their_last_use(namespace: Namespace) -> None:
    turns, first, second = [Turn("user", "é"), Turn("assistant", "?")], sessions.new_id(), sessions.new_id()
    assert first.startswith("gen-")
    namespace.write(lambda frame: sessions.keep(frame, first, turns[:1], 1_000.0))
    namespace.write(lambda frame: sessions.keep(frame, first, turns, 1_500.0))
    assert sessions.find(namespace, first, 2_099.0) == turns
    assert sessions.find(namespace, first, 2_100.0) is None
    namespace.write(lambda frame: sessions.keep(frame, second, turns, 2_200.0))
    assert namespace.system("SELECT id FROM chain_session") == [(second,)]
    namespace.write(lambda frame: sessions.forget(frame, second))
    assert sessions.find(namespace, second, 2_201.0) is None


def test_a_taken_name_gets_a_number(namespace: Namespace) -> None:
    def taken(frame: Frame) -> None:
        for name in ("a", "a-2", "b-2"):
            library.save(frame, "chain", name, CHAIN, 1.0, {})

    namespace.write(taken)
    assert [free_name(namespace, name) for name in ("a", "b", "c")] == ["a-3", "b", "c"]
    assert named("# c\n" + CHAIN, "x-2") == "# c\n" + CHAIN.replace("name: x", "name: x-2")
