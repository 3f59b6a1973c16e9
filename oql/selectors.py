"""Selectors behind a variable, `?u(id)(0)('odd key')(?key)`: reading them, following them, setting by copy."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from oql.errors import Code, expected
from oql.values import Image, Multi, Value, kind_of, number, text_form


@dataclass(frozen=True, slots=True)
class Name:
    """A selector that is itself a variable: `?m(?key)`."""

    name: str
    path: tuple["Selector", ...] = ()


Selector: TypeAlias = str | int | Name

_PART = re.compile(r"""\(\s*(?:'([^']*)'|"([^"]*)"|`([^`]*)`|((?:[^()]|\([^()]*\))*?))\s*\)""")
_INDEX = re.compile(r"-?[0-9]{1,18}")


def raw_parts(text: str) -> list[tuple[str, bool]]:
    """The texts inside each pair of parentheses, and whether they were quoted."""
    parts = []
    for match in _PART.finditer(text):
        bare = match[4]
        parts.append((bare, False) if bare is not None else (match[1] or match[2] or match[3] or "", True))
    return parts


def read_selector(text: str, quoted: bool = False) -> Selector:
    """One selector: quoted text is a key, digits are an index, `?x` takes the variable's value, else a key."""
    if quoted:
        return text
    if _INDEX.fullmatch(text):
        return int(text)
    if text.startswith("?"):
        name, path = split_variable(text[1:])
        return Name(name, path)
    return text


def split_variable(text: str) -> tuple[str, tuple[Selector, ...]]:
    """`name(a)(b)` as its name and selectors."""
    name, opening, rest = text.partition("(")
    if not opening:
        return name, ()
    return name, tuple(read_selector(part, quoted) for part, quoted in raw_parts(opening + rest))


def names_in(path: Iterable[Selector]) -> Iterable[str]:
    """The variables that selectors name: `(?key)`."""
    for selector in path:
        if isinstance(selector, Name):
            yield selector.name
            yield from names_in(selector.path)


def follow(value: Value, path: Sequence[Selector], variables: Mapping[str, Value]) -> Value:
    """What the selectors lead to; null for a missing key or index and for selecting from a scalar.

    An image has its `width` and `height`.
    """
    for selector in path:
        if type(value) is Multi:
            value = Multi([follow(branch, (selector,), variables) for branch in value.branches])
            continue
        key = resolve(selector, variables)
        if type(value) is dict:
            value = value.get(key if type(key) is str else text_form(key))
        elif type(value) is list:
            value = _element(value, key)
        elif type(value) is Image:
            value = {"width": value.width, "height": value.height}.get(text_form(key))
        else:
            return None
    return value


def resolve(selector: Selector, variables: Mapping[str, Value]) -> Value:
    """The key or index that a selector stands for now."""
    if type(selector) is not Name:
        return selector
    value = variables.get(selector.name)
    value = follow(value, selector.path, variables) if selector.path else value
    return value.branches[0] if type(value) is Multi else value


def _element(array: list[Value], key: Value) -> Value:
    index = number(key) if type(key) is str else key
    if type(index) is not int or not -len(array) <= index < len(array):
        return None
    return array[index]


def assigned(value: Value, path: Sequence[Selector], new: Value, variables: Mapping[str, Value]) -> Value:
    """A copy of an object or array in which the place that `path` leads to holds `new`.

    Missing objects on the way are made; an index must exist or be the next one. Anything else is TypeFailed.
    """
    if not path:
        return new
    key = resolve(path[0], variables)
    if value is None:
        value = {}
    if type(value) is dict:
        name = key if type(key) is str else text_form(key)
        return {**value, name: assigned(value.get(name), path[1:], new, variables)}
    if type(value) is list:
        return _assigned_element(value, key, path, new, variables)
    raise expected(Code.TYPE_FAILED, "an object or array to set a part of", kind_of(value))


def _assigned_element(
    array: list[Value], key: Value, path: Sequence[Selector], new: Value, variables: Mapping[str, Value]
) -> Value:
    index = number(key) if type(key) is str else key
    if type(index) is not int or not -len(array) <= index <= len(array):
        raise expected(Code.TYPE_FAILED, f"an index from {-len(array)} to {len(array)}", f"`{text_form(key)}`")
    copy = array[:]
    if index == len(array):
        copy.append(assigned(None, path[1:], new, variables) if path[1:] else new)
    else:
        copy[index] = assigned(copy[index], path[1:], new, variables)
    return copy
