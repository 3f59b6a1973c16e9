"""Changes in the text of a YAML document: what they do, and that all else stays byte for byte."""

import pytest
from hypothesis import given, strategies as st

from oql.formats.yaml import read
from oql.formats.yaml_edits import EditRefused, insert, remove, set_value
from tests.fuzz.dose import dose

TEXT = """\
# What it is for.
name: report   # short

steps:
  # The first one.
  - id: a
    prompt: |
      Look up
        this
    depends_on: []

  - {id: b, depends_on: [a], retry: {max: 2}}

output: x
"""


def value(text: str) -> object:
    return read(text, lambda _: None)


def changed(before: str, after: str) -> tuple[str, str]:
    """What a change has taken away, and what it has put in its place."""
    start = 0
    while before[start : start + 1] == after[start : start + 1] != "":
        start += 1
    end = 0
    most = min(len(before), len(after)) - start
    while end < most and before[-1 - end] == after[-1 - end]:
        end += 1
    return before[start : len(before) - end], after[start : len(after) - end]


def test_a_scalar_keeps_the_comment_behind_it() -> None:
    assert set_value(TEXT, ("name",), "r-2") == TEXT.replace("name: report ", "name: r-2 ")
    assert set_value(TEXT, ("name",), "5") == TEXT.replace("name: report ", "name: '5' ")


def test_values_keep_their_style() -> None:
    assert set_value(TEXT, ("steps", 1, "retry", "max"), 3) == TEXT.replace("max: 2", "max: 3")
    assert set_value(TEXT, ("steps", 1, "depends_on"), ["a", "c"]) == TEXT.replace("[a]", "[a, c]")
    assert set_value(TEXT, ("steps", 1, "depends_on"), ["a: b"]) == TEXT.replace("[a]", "['a: b']")
    block = set_value(TEXT, ("steps", 0, "prompt"), "One\nTwo")
    assert block == TEXT.replace("|\n      Look up\n        this\n", "|-\n      One\n      Two\n")


def test_an_item_is_put_in_with_an_empty_line_as_between_the_others() -> None:
    made = insert(TEXT, ("steps",), 2, {"id": "c", "prompt": "x"})
    assert made == TEXT.replace("\noutput", "\n  - id: c\n    prompt: x\n\noutput")
    first = insert(TEXT, ("steps",), 0, {"id": "c"})
    assert first == TEXT.replace("  - id: a", "  - id: c\n\n  - id: a")


def test_an_item_is_put_into_an_empty_list() -> None:
    made = insert(TEXT, ("steps", 0, "depends_on"), 0, "z")
    assert made == TEXT.replace("depends_on: []\n", "depends_on: [z]\n")


def test_entries_are_taken_out() -> None:
    assert remove(TEXT, ("steps", 1)) == TEXT.replace("  - {id: b, depends_on: [a], retry: {max: 2}}\n\n", "")
    assert remove(TEXT, ("steps", 0, "depends_on")) == TEXT.replace("    depends_on: []\n", "")
    assert remove(TEXT, ("steps", 1, "retry")) == TEXT.replace(", retry: {max: 2}", "")
    assert remove(TEXT, ("steps", 1, "id")) == TEXT.replace("id: b, ", "")
    assert value(remove(remove(TEXT, ("steps", 0)), ("steps", 0))) == {"name": "report", "steps": [], "output": "x"}


def test_what_others_share_is_refused() -> None:
    shared = "a: &x [1]\nb: *x\n"
    with pytest.raises(EditRefused, match="other places share its value"):
        set_value(shared, ("a", 0), 2)
    with pytest.raises(EditRefused, match="cannot be changed in this text"):
        remove(shared, ("a",))
    assert set_value(shared, ("b",), 5) == "a: &x [1]\nb: 5\n"


def test_what_is_not_there_is_refused() -> None:
    for path in (("steps", 7), ("steps", 0, "nothing"), ("nobody", "x")):
        with pytest.raises(EditRefused, match="there is no `"):
            remove(TEXT, path)
    with pytest.raises(EditRefused, match="`name` is no list"):
        insert(TEXT, ("name",), 0, 1)


ODD = ["a: b", "# c", "- d", "x\ny", "x\n\n y\n", "{z}", "'", '"', "é 🙂", "null", "1e3", " "]
LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=9)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 99), LETTERS, st.sampled_from(ODD))
KEYS = st.sampled_from(["id", "prompt", "x y", "é", "5", "true"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


@given(st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3), min_size=1, max_size=3), VALUES, st.data())
@dose(150)
def test_any_change_gives_the_value_that_was_asked_for(
    steps: list[dict[str, object]], new: object, data: st.DataObject
) -> None:
    """The functions refuse a text that reads otherwise, so it is enough that they do not refuse here."""
    import yaml

    flow = data.draw(st.sampled_from([None, True, False]))
    text = yaml.safe_dump({"name": "🙂", "steps": steps}, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    text = f"# é\n{text}# end\n" if data.draw(st.booleans()) else text
    if value(text) != {"name": "🙂", "steps": steps}:
        return  # another library writes what the core schema reads otherwise
    number = data.draw(st.integers(0, len(steps) - 1))
    key = data.draw(st.sampled_from(sorted(steps[number])))
    for made in (
        set_value(text, ("steps", number, key), new),
        set_value(text, ("steps", number, "new"), new),
        set_value(text, ("steps", number), {"id": new}),
        insert(text, ("steps",), data.draw(st.integers(0, len(steps))), {"id": new}),
        remove(text, ("steps", number)),
        remove(text, ("steps", number, key)),
    ):
        assert made != text or new == steps[number].get(key)
