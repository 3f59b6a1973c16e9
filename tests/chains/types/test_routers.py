"""What routers choose and skip, beside what tests/chains/cases shows."""

import pytest

from chains.spec import Router
from chains.types.router import chosen_key, skip_message, skipped

ROUTER = Router(
    id="pick",
    type="router",
    prompt="Which?",
    output_var="route",
    routes={"red": ["a"], "dark red": ["a", "b"], "Blue": ["b"]},
)


@pytest.mark.parametrize(
    ("key", "steps"), [("red", {"b"}), ("dark red", set()), ("Blue", {"a"}), (None, {"a", "b"}), ("green", {"a", "b"})]
)
def test_the_steps_of_other_routes_only_are_skipped(key: str | None, steps: set[str]) -> None:
    assert skipped(ROUTER, key) == steps


def test_the_key_stands_in_the_output() -> None:
    assert [chosen_key(ROUTER, each) for each in ("Blue", "blue", "green", None)] == ["Blue", None, None, None]


def test_the_log_names_the_route() -> None:
    assert [skip_message(key) for key in ("red", None)] == [
        "Skipped by router (route: red)",
        "Skipped by router (route: none)",
    ]
