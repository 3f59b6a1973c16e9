"""Changes in the text of a YAML document that leave every other byte as it is.

A document is read into nodes that know from where to where they stand. A change replaces the text of one entry of a
mapping, or one item of a sequence; what is new is written in the style around it. A change whose text would not read
as it should is refused: that is checked by reading it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from oql import json
from oql.formats import FormatError
from oql.formats.yaml import Dumper, InBlocks, Loader, Path, located, read


class EditRefused(ValueError):
    """A change that cannot be made in this text; the message says why."""


@dataclass(slots=True)
class _Node:
    """A value in the text. `end`: behind its last letter; `flow`: written with brackets, or on one line.

    `entries`: of a mapping, key node and value node; of a sequence, an empty node in place of the key.
    """

    start: int
    end: int
    column: int = 0
    flow: bool = True
    kind: str = "scalar"
    text: str = ""
    entries: list[tuple["_Node", "_Node"]] = field(default_factory=list)


def set_value(text: str, path: Path, value: Any) -> str:
    """The text with another value at a path, whose last key may be new. Raises EditRefused, FormatError."""
    parent = _find(_tree(text), path[:-1])
    last = path[-1]
    place = _position(parent, last)
    if place is not None:
        made = _replaced(text, parent, place, value)
    elif parent.kind == "mapping" and isinstance(last, str):
        made = _added(text, parent, len(parent.entries), last, value)
    else:
        raise EditRefused(f"there is no `{_shown(path)}`")
    return _checked(text, made, path, value)


def insert(text: str, path: Path, position: int, value: Any) -> str:
    """The text with one more item in the sequence at a path, before that of the position. Raises as `set_value`."""
    node = _find(_tree(text), path)
    if node.kind != "sequence":
        raise EditRefused(f"`{_shown(path)}` is no list")
    if not node.entries:
        return set_value(text, path, [value])
    return _checked(text, _added(text, node, position, "", value), path, value, position)


def remove(text: str, path: Path) -> str:
    """The text without what stands at a path. Raises as `set_value`."""
    parent = _find(_tree(text), path[:-1])
    place = _position(parent, path[-1])
    if place is None:
        raise EditRefused(f"there is no `{_shown(path)}`")
    if len(parent.entries) == 1 and not parent.flow and len(path) > 1:
        return set_value(text, path[:-1], [] if parent.kind == "sequence" else {})
    return _checked(text, _without(text, parent, place), path, _GONE)


# reading


def _tree(text: str) -> _Node:
    with located(text):
        events = iter([event for event in yaml.parse(text, Loader) if not isinstance(event, _AROUND)])
        first = next(events, None)
        if first is None:
            raise EditRefused("the text is empty")
        return _node(first, events, text)


_AROUND = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


def _node(event: Any, events: Iterator[Any], text: str) -> _Node:
    start, end = (mark.index if mark else 0 for mark in (event.start_mark, event.end_mark))
    node = _Node(start, end, event.start_mark.column if event.start_mark else 0)
    if isinstance(event, yaml.ScalarEvent):
        node.text = event.value
        node.flow = event.style not in ("|", ">")
        if not node.flow:
            node.end = start + len(text[start:end].rstrip())
        return node
    if not isinstance(event, yaml.CollectionStartEvent):
        return node  # an alias
    node.flow = bool(event.flow_style)
    node.kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
    while not isinstance(event := next(events), yaml.CollectionEndEvent):
        key = _node(event, events, text) if node.kind == "mapping" else _Node(event.start_mark.index, 0)
        value = _node(next(events) if node.kind == "mapping" else event, events, text)
        node.entries.append((key, value))
    ends = [_end(key, value, text) for key, value in node.entries]
    node.end = event.end_mark.index if node.flow and event.end_mark else max([start, *ends])
    return node


def _end(key: _Node, value: _Node, text: str) -> int:
    """Where an entry ends: an empty value stands nowhere."""
    if value.end > value.start:
        return value.end
    return text.index(":", key.end) + 1 if key.end else value.end


def _find(node: _Node, path: Path) -> _Node:
    for number, step in enumerate(path):
        place = _position(node, step)
        if place is None:
            raise EditRefused(f"there is no `{_shown(path[: number + 1])}`")
        node = node.entries[place][1]
    return node


def _position(node: _Node, step: str | int) -> int | None:
    """Where among the entries of a node something stands; None where it does not."""
    if isinstance(step, int):
        return step if node.kind == "sequence" and 0 <= step < len(node.entries) else None
    found = (place for place, (key, _) in enumerate(node.entries) if node.kind == "mapping" and key.text == step)
    return next(found, None)


def _shown(path: Path) -> str:
    return ".".join(map(str, path))


# writing


_WIDEST = 1_000_000


def _flow(value: Any) -> str:
    """A value on one line."""
    made = yaml.dump(
        [value], Dumper=Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=_WIDEST
    )
    inner: str = made.strip()[1:-1]
    return json.dumps(value).decode() if "\n" in inner else inner


def _block(value: Any, column: int) -> str:
    """A mapping or sequence in block style; its lines but the first are indented."""
    made = ""
    for dumper in (InBlocks, Dumper):  # libyaml does not get all texts right in blocks
        made = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=_WIDEST).rstrip("\n")
        if read(made, lambda _: None) == value:
            break
    first, *rest = made.split("\n")
    return "\n".join([first, *(" " * column + line if line else "" for line in rest)])


def _entry(parent: _Node, key: str, value: Any) -> str:
    """The text of a new entry."""
    if parent.kind == "mapping":
        return f"{_flow(key)}: {_flow(value)}" if parent.flow else _block({key: value}, parent.column)
    return _flow(value) if parent.flow else _block([value], parent.column)


def _replaced(text: str, parent: _Node, place: int, value: Any) -> str:
    key, old = parent.entries[place]
    plain = not isinstance(value, (dict, list, str)) or (isinstance(value, str) and "\n" not in value)
    short = (
        isinstance(value, (dict, list)) and value and all(not isinstance(each, (dict, list)) for each in _inner(value))
    )
    if old.end > old.start and (parent.flow or (old.flow and (plain if old.kind == "scalar" else short))):
        return text[: old.start] + _flow(value) + text[old.end :]
    start = key.start if parent.kind == "mapping" else _begin(text, parent, place)
    return text[:start] + _entry(parent, key.text, value) + text[max(_end(key, old, text), start + 1) :]


def _inner(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def _added(text: str, parent: _Node, place: int, key: str, value: Any) -> str:
    """The text with a new entry before the one at a place."""
    new = _entry(parent, key, value)
    if parent.flow:
        return _added_in_flow(text, parent, place, new)
    between = "\n" + " " * parent.column
    if _spaced(text, parent):
        between = "\n" + between
    if place < len(parent.entries):
        start = _begin(text, parent, place)
        return text[:start] + new + between + text[start:]
    end = _line_end(text, parent.end)
    return text[:end] + between + new + text[end:]


def _spaced(text: str, parent: _Node) -> bool:
    """Whether there are empty lines between the items of a sequence."""
    if parent.kind != "sequence" or len(parent.entries) < 2:
        return False
    between = text[parent.entries[-2][1].end : parent.entries[-1][1].start]
    return any(not line.strip() for line in between.split("\n")[1:-1])


def _added_in_flow(text: str, parent: _Node, place: int, new: str) -> str:
    if not parent.entries:
        return text[: parent.start + 1] + new + text[parent.end - 1 :]
    if place < len(parent.entries):
        start = _start(parent, place)
        return text[:start] + new + ", " + text[start:]
    end = _end(*parent.entries[-1], text)
    return text[:end] + ", " + new + text[end:]


def _start(parent: _Node, place: int) -> int:
    key, value = parent.entries[place]
    return key.start if parent.kind == "mapping" else value.start


def _begin(text: str, parent: _Node, place: int) -> int:
    """Where an entry in block style begins: items with their dash."""
    start = _start(parent, place)
    if parent.kind == "mapping":
        return start
    empty = parent.entries[place][1].end == start
    return text.rindex("-", 0, start + empty)


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _without(text: str, parent: _Node, place: int) -> str:
    if parent.flow:
        return _without_in_flow(text, parent, place)
    if len(parent.entries) == 1:
        return text[: parent.start] + ("{}" if parent.kind == "mapping" else "[]") + text[parent.end :]
    start = _begin(text, parent, place)
    if place == 0:
        return text[:start] + text[_begin(text, parent, 1) :]
    start -= parent.column
    before, after = text[:start], text[_line_end(text, max(_end(*parent.entries[place], text), start)) + 1 :]
    if before.endswith("\n\n") and (after.startswith("\n") or not after):
        before = before[:-1]  # one empty line is left, not two
    return before + after


def _without_in_flow(text: str, parent: _Node, place: int) -> str:
    if place + 1 < len(parent.entries):
        return text[: _start(parent, place)] + text[_start(parent, place + 1) :]
    start = _end(*parent.entries[place - 1], text) if place else parent.start + 1
    return text[:start] + text[parent.end - 1 :]


# checking

_GONE = object()


def _checked(before: str, after: str, path: Path, value: Any, position: int | None = None) -> str:
    """The new text, where it reads as the old one with the change."""
    wanted = json.loads(json.dumps(read(before, lambda _: None)))  # aliases become values of their own
    _change(wanted, path, value, position)
    try:
        found = read(after, lambda _: None)
    except FormatError as error:
        raise EditRefused(f"`{_shown(path)}` cannot be changed in this text: {error.message}") from None
    if found != wanted:
        raise EditRefused(f"`{_shown(path)}` cannot be changed in this text: other places share its value")
    return after


def _change(value: Any, path: Path, new: Any, position: int | None) -> None:
    *around, last = path
    if position is not None:
        around, last = [*path], position
    for step in around:
        value = value[step]
    if new is _GONE:
        del value[last]
    elif position is not None:
        value.insert(last, new)
    else:
        value[last] = new
