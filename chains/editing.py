"""Changes of one step in the text of a chain; all else in the text stays byte for byte.

Every function gives the new text, checked: it raises EditRefused where the change would leave a chain that cannot run.
"""

from collections.abc import Mapping
from typing import Any

from chains.document import read
from chains.fields import Written
from chains.yaml_mistakes import in_plain_words
from oql.formats import FormatError
from oql.formats.yaml import Path, read_with_places
from oql.formats.yaml_edits import EditRefused, insert, remove, set_value


def add_step(text: str, step: Mapping[str, Any], after: str | None = None) -> str:
    """A new step behind another one, or as the last."""
    steps = _steps(text)
    place = len(steps) if after is None else _place(steps, after) + 1
    return _checked(insert(text, ("steps",), place, dict(step)))


def update_step(text: str, step: str, changes: Mapping[str, Any]) -> str:
    """Other values of some fields of a step; null takes a field away."""
    place = _place(_steps(text), step)
    for name, value in changes.items():
        text = _set(text, ("steps", place, name), value)
    return _checked(text)


def remove_step(text: str, step: str) -> str:
    """The text without a step; no other step waits for it any more."""
    place = _place(_steps(text), step)
    for number, other in enumerate(_steps(text)):
        needs = other.get("depends_on")
        if number != place and isinstance(needs, list) and step in needs:
            rest = [need for need in needs if need != step]
            text = _set(text, ("steps", number, "depends_on"), rest or None)
    return _checked(remove(text, ("steps", place)))


def add_pre_tool(text: str, step: str, pre_tool: Mapping[str, Any]) -> str:
    """One more pre-tool of a step, behind the others."""
    steps = _steps(text)
    place = _place(steps, step)
    path: Path = ("steps", place, "pre_tools")
    there = steps[place].get("pre_tools")
    if there:
        return _checked(insert(text, path, len(there), dict(pre_tool)))
    return _checked(set_value(text, path, [dict(pre_tool)]))


def remove_pre_tool(text: str, step: str, inject_as: str) -> str:
    """The text without the pre-tool of a step whose value has that name."""
    steps = _steps(text)
    place = _place(steps, step)
    there = steps[place].get("pre_tools") or []
    names = [str(tool.get("inject_as")) if isinstance(tool, dict) else "" for tool in there]
    if inject_as not in names:
        known = f"; it has {', '.join(names)}" if names else ""
        raise EditRefused(f'step "{step}" has no pre-tool "{inject_as}"{known}')
    path: Path = ("steps", place, "pre_tools")
    return _checked(remove(text, path) if len(there) == 1 else remove(text, (*path, names.index(inject_as))))


def _set(text: str, path: Path, value: Any) -> str:
    if value is not None:
        return set_value(text, path, value)
    return remove(text, path) if _at(text, path) else text


def _at(text: str, path: Path) -> bool:
    return path in read_with_places(text, lambda _: None, Written)[1]


def _steps(text: str) -> list[dict[str, Any]]:
    """The steps as they stand in the text. Raises EditRefused."""
    try:
        value, _ = read_with_places(text, lambda _: None, Written)
    except FormatError as error:
        plain = in_plain_words(text, error)
        raise EditRefused(f"yaml: line {plain.line}: {plain.message}") from None
    steps = value.get("steps") if isinstance(value, dict) else None
    if not isinstance(steps, list):
        raise EditRefused("the text has no list of steps")
    return [step if isinstance(step, dict) else {} for step in steps]


def _place(steps: list[dict[str, Any]], step: str) -> int:
    ids = [str(each.get("id")) for each in steps]
    if step not in ids:
        raise EditRefused(f'there is no step "{step}"; there are {", ".join(ids)}')
    return ids.index(step)


def _checked(text: str) -> str:
    problems = read(text).problems.errors
    if problems:
        raise EditRefused("\n".join(["the chain could not run:", *(f"  {problem}" for problem in problems)]))
    return text
