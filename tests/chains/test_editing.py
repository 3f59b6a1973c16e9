"""Changes of one step in the text of a chain."""

from pathlib import Path

import pytest

from chains.editing import add_pre_tool, add_step, remove_pre_tool, remove_step, update_step
from oql.formats.yaml_edits import EditRefused

TEXT = (Path(__file__).parents[2] / "examples" / "chains" / "newsletter.yaml").read_text()


def lines_taken_and_given(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that only one of two texts has."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_step_is_added() -> None:
    made = add_step(
        TEXT, {"id": "check", "prompt": "Is it\nright?", "output_var": "ok", "depends_on": ["text"]}, "text"
    )
    new = (
        "  - id: check\n    prompt: |-\n      Is it\n      right?\n    output_var: ok\n    depends_on:\n    - text\n\n"
    )
    assert made == TEXT.replace("  - id: subject\n", f"{new}  - id: subject\n")
    last = add_step(TEXT, {"id": "z", "prompt": "p", "output_var": "zz"})
    assert last == TEXT.replace("\noutput: sent", "\n  - id: z\n    prompt: p\n    output_var: zz\n\noutput: sent")


def test_a_step_is_changed() -> None:
    changes = {"output_max_length": 80, "on_violation": None, "model": "small", "missing": None}
    made = update_step(TEXT, "subject", changes)
    assert lines_taken_and_given(TEXT, made) == (
        ["    output_max_length: 60", "    on_violation: retry"], ["    output_max_length: 80", "    model: small"],
    )  # fmt: skip


def test_a_step_is_removed_and_nobody_waits_for_it() -> None:
    made = remove_step(TEXT, "subject")
    assert "subject\n" not in made
    assert lines_taken_and_given(TEXT, made)[1] == []
    assert "  - id: approval\n    type: gate\n    prompt:" in made
    with pytest.raises(EditRefused, match='Chain output "sent" does not match any step output_var'):
        remove_step(TEXT, "send")


def test_pre_tools() -> None:
    fetch = {"type": "http_fetch", "inject_as": "page", "url": "http://example.com"}
    once = add_pre_tool(TEXT, "subject", fetch)
    assert lines_taken_and_given(TEXT, once) == (
        [], ["    pre_tools:", "    - type: http_fetch", "      inject_as: page", "      url: http://example.com"],
    )  # fmt: skip
    twice = add_pre_tool(once, "subject", {"type": "current_datetime", "inject_as": "now"})
    assert lines_taken_and_given(once, twice) == ([], ["    - type: current_datetime", "      inject_as: now"])
    assert remove_pre_tool(twice, "subject", "now") == once
    assert remove_pre_tool(once, "subject", "page") == TEXT
    with pytest.raises(EditRefused, match='has no pre-tool "x"; it has page, now'):
        remove_pre_tool(twice, "subject", "x")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"id": "subject", "prompt": "p", "output_var": "x"}, 'Duplicate step id "subject"'),
        ({"id": "n", "promt": "p", "output_var": "x"}, "did you mean `prompt`"),
        ({}, "steps.6.id: is required"),
    ],
)
def test_a_step_that_does_not_fit_is_refused(step: dict[str, str], said: str) -> None:
    with pytest.raises(EditRefused, match=said):
        add_step(TEXT, step)


def test_what_is_not_there() -> None:
    with pytest.raises(EditRefused, match='there is no step "x"; there are items, paragraphs, text'):
        update_step(TEXT, "x", {"prompt": "p"})
    with pytest.raises(EditRefused, match="line 2: did not find"):
        update_step("name: [", "x", {})
    with pytest.raises(EditRefused, match="has no list of steps"):
        remove_step("name: x", "x")
