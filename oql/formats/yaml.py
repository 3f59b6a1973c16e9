"""YAML by its core schema: what is not null, a boolean or a number is text; dates and `yes` are text.

Tags, and mappings that are not plain data, are refused. Depth and the size to which aliases expand are
counted on the parser's events, before anything is built.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from oql.formats import FormatError
from oql.json import MAX_DEPTH
from oql.values import number, text_form

MAX_LENGTH = 2**20
MAX_VALUES = 100_000

try:
    from yaml import CSafeLoader as _Fast
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader as _Fast  # type: ignore[assignment]  # the same interface in Python


class _Loader(_Fast):
    """The safe loader with the core schema only; `_teach` empties and fills its tables."""


def read(text: str) -> Any:
    """The value of a YAML document, nested at most 64 levels deep."""
    if len(text) > MAX_LENGTH:
        raise FormatError(f"yaml of more than {MAX_LENGTH:,} characters")
    try:
        _check(text)
        return yaml.load(text, _Loader)  # noqa: S506 -- _Loader is the safe loader with fewer tags
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise FormatError(error.problem or "not yaml", *place) from None
    except yaml.YAMLError as error:
        raise FormatError(str(error).splitlines()[0]) from None


@dataclass(slots=True)
class _Opened:
    """A collection that has begun: its anchor, the values counted before it, and the levels inside it."""

    anchor: str | None
    before: int
    levels: int = 1


def _check(text: str) -> None:
    """Refuses too deep and too large documents, every alias counted as what it stands for."""
    known: dict[str | None, tuple[int, int]] = {}
    opened = [_Opened(None, 0)]
    total = 0
    for event in yaml.parse(text, _Loader):
        size, levels = 0, 0
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append(_Opened(event.anchor, total))
            size = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = opened.pop()
            levels = ended.levels
            known[ended.anchor] = total - ended.before, levels
        elif isinstance(event, yaml.AliasEvent):
            size, levels = known.get(event.anchor, (1, 0))
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            known[event.anchor] = 1, 0
        total += size
        opened[-1].levels = max(opened[-1].levels, levels + 1)
        _check_size(event, total, len(opened) - 1 + levels)


def _check_size(event: Any, total: int, depth: int) -> None:
    if total > MAX_VALUES or depth > MAX_DEPTH:
        what = f"more than {MAX_VALUES:,} values" if depth <= MAX_DEPTH else f"nested more than {MAX_DEPTH} levels deep"
        raise FormatError(what, event.start_mark.line + 1, event.start_mark.column + 1)


def write(value: Any) -> str:
    """A value as a YAML document in block style, keys in their order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


class _Dumper(yaml.SafeDumper):
    """The safe dumper; a value that stands in two places is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _scalar(loader: Any, node: yaml.ScalarNode) -> Any:
    text = loader.construct_scalar(node)
    found = number(text)
    return text if found is None else found


def _boolean(loader: Any, node: yaml.ScalarNode) -> bool:
    return bool(loader.construct_scalar(node).lower() == "true")


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    built = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, (dict, list)):
            raise yaml.constructor.ConstructorError(None, None, "a key is an array or object", key_node.start_mark)
        built[text_form(key)] = loader.construct_object(value_node, deep=True)
    return built


def _sequence(loader: Any, node: yaml.SequenceNode) -> list[Any]:
    return [loader.construct_object(child, deep=True) for child in node.value]


def _refused(_loader: Any, node: yaml.Node) -> None:
    raise yaml.constructor.ConstructorError(None, None, f"the tag `{node.tag}` is not plain data", node.start_mark)


def _teach(loader: type[_Loader]) -> None:
    loader.yaml_implicit_resolvers = {}
    loader.yaml_constructors = {}
    core = "tag:yaml.org,2002:"
    for name, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("float", r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
        ("merge", "<<", "<"),
    ):
        loader.add_implicit_resolver(f"{core}{name}", re.compile(f"(?:{pattern})$"), list(first))
    for name, construct in (
        ("bool", _boolean), ("null", lambda _loader, _node: None), ("float", _scalar), ("int", _scalar),
        ("str", lambda loader, node: loader.construct_scalar(node)), ("map", _mapping), ("seq", _sequence),
    ):  # fmt: skip
        loader.add_constructor(f"{core}{name}", construct)
    loader.add_constructor(None, _refused)


_teach(_Loader)
