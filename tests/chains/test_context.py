"""How variables go into a prompt: whole, cut, or summarized."""

from collections.abc import Iterator

import pytest

from chains.context import View, prompt_text, summarizing
from chains.references import Scope
from oql.context import Environment
from oql.errors import OqlError
from oql.local import local_context
from oql.models import Models
from tests.chains.desk import Desk, at_desk
from tests.models.services import Service, openai, refusal, serving


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of models."""
    with serving() as started:
        yield started


@pytest.fixture
def desk(service: Service) -> Iterator[Desk]:
    """A desk that may ask it."""
    context = local_context("ada")
    models = service.models()
    context.environment = Environment(models=models)
    yield at_desk("prompt: x\nretry: {max: 3}\nfallback_models: [other]", context)
    assert isinstance(models, Models)
    models.close()


def shown(text: str, variables: dict[str, str], strategies: dict[str, str], most: int | None = None) -> str:
    """A prompt whose summaries are the names of what they are of, and its log."""
    told: list[str] = []

    def log(message: str, level: str = "info") -> None:
        told.append(message)

    view = View(strategies, most, lambda name, value: f"<{name}>", log)
    return " ".join([prompt_text(text, Scope(variables), view), *told])


@pytest.mark.parametrize(
    ("text", "strategies", "expected"),
    [
        ("{a} and {b}", {}, "abcdef and 12345"),
        ("{a} and {b}", {"a": "full", "b": "truncate:3"}, "abcdef and 123\n[truncated from 5 chars]"),
        ("{b}", {"b": "truncate:5"}, "12345"),
        ("{a}, {a|x}, {input.a}", {"a": "summarize"}, "<a>, <a>, <a>"),
        ("{o.name} {o}", {"o": "truncate:2"}, 'te\n[truncated from 3 chars] {"\n[truncated from 14 chars]'),
        ("{none} {none|ten} {e}.", {"none": "truncate:1", "e": "summarize"}, "{none} t\n[truncated from 3 chars] ."),
    ],
)
def test_strategies(text: str, strategies: dict[str, str], expected: str) -> None:
    variables = {"a": "abcdef", "b": "12345", "input.a": "abcdef", "o": '{"name":"tea"}', "e": ""}
    assert shown(text, variables, strategies) == expected


LONG = {"first": "1" * 300, "second": "2" * 300, "short": "3" * 150, "third": "4" * 300}


@pytest.mark.parametrize(
    ("most", "strategies", "expected"),
    [
        (1_050, {}, "{third} {second} {first} {short}"),
        (1_049, {}, "{third} {second} <first> {short} told first"),
        (500, {}, "{third} <second> <first> {short} told first told second"),
        (500, {"first": "full"}, "<third> <second> {first} {short} told second told third"),
        (10, {}, "<third> <second> <first> {short} told first told second told third"),
    ],
)
def test_the_earliest_are_summarized_until_the_rest_fits(most: int, strategies: dict[str, str], expected: str) -> None:
    for name, value in LONG.items():
        expected = expected.replace(f"{{{name}}}", value)
        expected = expected.replace(f"told {name}", f"Context exceeds {most} characters: summarizing {name}")
    assert shown("{third} {second} {first} {short}", LONG, strategies, most) == expected


def test_a_variable_counts_once() -> None:
    assert shown("{first}{first|x}{none}", LONG, {}, 300) == LONG["first"] * 2 + "{none}"


def test_a_summary_is_one_call_of_a_small_model(desk: Desk, service: Service) -> None:
    service.says = [openai(" Short. ")]
    summarize = summarizing(desk, 5)
    assert [summarize("a", "long text"), summarize("a", "long text")] == ["Short."] * 2
    [asked] = service.asked
    assert asked.body["model"] == "claude-haiku-4-5"
    assert "<text>\nlong text\n</text>" in asked.body["messages"][0]["content"]
    assert (desk.logged("chunk"), desk.tokens) == ([], [(11, 7), (11, 7)])


def test_without_a_summary_there_is_the_text(desk: Desk, service: Service) -> None:
    service.says = [refusal(503, {})]
    assert summarizing(desk, 5)("a", "long text") == "long text"
    told = "the model service answered with status 503"
    assert desk.logged("warn") == [
        f"Attempt 1 (claude-haiku-4-5) failed: {told}",
        f'Variable "a" was not summarized: {told}',
    ]
    assert len(service.asked) == 1


def test_an_empty_summary_is_none(desk: Desk, service: Service) -> None:
    service.says = [openai(" ")]
    assert summarizing(desk, 5)("a", "long text") == "long text"


def test_a_cancelled_run_summarizes_nothing(desk: Desk, service: Service) -> None:
    service.says = [refusal(503, {})]
    desk.context.cancel.set()
    with pytest.raises(OqlError, match="cancelled"):
        summarizing(desk, 5)("a", "long text")
