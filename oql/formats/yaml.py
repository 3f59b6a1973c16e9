"""YAML by its core schema: what is not null, a boolean or a number is text; dates and `yes` are text.

Tags, and mappings that are not plain data, are refused. Depth and the size to which aliases expand are
counted on the parser's events, before anything is built.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import yaml

from oql.formats import Claim, FormatError
from oql.json import MAX_DEPTH
from oql.values import json_weight, number, text_form

MAX_LENGTH = 2**20
MAX_VALUES = 100_000
_BYTES_PER_VALUE = 450
_WRITTEN = 50

try:
    from yaml import CSafeDumper as _Writer, CSafeLoader as _Reader
except ImportError:  # PyYAML was built without libyaml
    from yaml import (  # type: ignore[assignment]  # the same interfaces in Python
        SafeDumper as _Writer,
        SafeLoader as _Reader,
    )


class Loader(_Reader):
    """The safe loader with the core schema only; `_teach` empties and fills its tables."""


def read(text: str, claim: Claim) -> Any:
    """The value of a YAML document, nested at most 64 levels deep."""
    if len(text) > MAX_LENGTH:
        raise FormatError(f"yaml of more than {MAX_LENGTH:,} characters")
    with located(text):
        claim(3 * len(text) + _BYTES_PER_VALUE * _check(text))
        return yaml.load(text, Loader)  # noqa: S506 -- Loader is the safe loader with fewer tags


@contextmanager
def located(text: str) -> Iterator[None]:
    """Errors of the library about a text are FormatErrors with their place."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FormatError(error.problem or "not yaml", *(_place(mark) if mark else (0, 0))) from None
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode(errors="ignore")  # libyaml counts bytes
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise FormatError(f"the character U+{error.character:04X} is not allowed", line, column) from None
    except yaml.YAMLError as error:
        raise FormatError(str(error).splitlines()[0]) from None


Place = tuple[int, int]


def _place(mark: Any) -> Place:
    return mark.line + 1, mark.column + 1


Path = tuple[str | int, ...]


def read_with_places(text: str, claim: Claim, as_number: Callable[[str], Any]) -> tuple[Any, dict[Path, Place]]:
    """The value of a document, and where its keys and elements stand, for messages: path -> (line, column), from 1.

    `as_number` makes a number of how it is written. A key that stands twice, and a merge key, are refused.
    """
    if len(text) > MAX_LENGTH:
        raise FormatError(f"yaml of more than {MAX_LENGTH:,} characters")
    with located(text):
        claim(3 * len(text) + _BYTES_PER_VALUE * _check(text))
        node = yaml.compose(text, Loader)
    places: dict[Path, Place] = {}
    return (None if node is None else _value(node, (), places, as_number)), places


def _value(node: yaml.Node, path: Path, places: dict[Path, Place], as_number: Callable[[str], Any]) -> Any:
    places.setdefault(path, _place(node.start_mark))
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, index), places, as_number) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _object(node, path, places, as_number)
    return _plain(node, as_number)


def _object(node: yaml.Node, path: Path, places: dict[Path, Place], as_number: Callable[[str], Any]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = _place(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == f"{_CORE}merge":
            raise FormatError("expected a key that is plain text", *place)
        key = key_node.value
        if key in built:
            raise FormatError(f"the key `{key[:40]}` stands twice", *place)
        places[*path, key] = place
        built[key] = _value(value_node, (*path, key), places, as_number)
    return built


def _plain(node: yaml.Node, as_number: Callable[[str], Any]) -> Any:
    kind = node.tag.removeprefix(_CORE)
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind in ("float", "int"):
        return as_number(node.value)
    if kind != "str":
        raise FormatError(f"the tag `{node.tag}` is not plain data", *_place(node.start_mark))
    return node.value


@dataclass(slots=True)
class _Opened:
    """A collection that has begun: its anchor, the values counted before it, and the levels inside it."""

    anchor: str | None
    before: int
    levels: int = 1


def _check(text: str) -> int:
    """How many values a document holds, each alias counted as what it stands for: few enough, not too deep."""
    known: dict[str | None, tuple[int, int]] = {}
    opened = [_Opened(None, 0)]
    total = 0
    for event in yaml.parse(text, Loader):
        size, levels = 0, 0
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append(_Opened(event.anchor, total))
            size = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = opened.pop()
            levels = ended.levels
            known[ended.anchor] = total - ended.before, levels
        elif isinstance(event, yaml.AliasEvent):
            if any(each.anchor == event.anchor for each in opened):
                raise FormatError(
                    f"`*{event.anchor}` is recursive: it stands inside of what it stands for", *_place(event.start_mark)
                )
            size, levels = known.get(event.anchor, (1, 0))
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            known[event.anchor] = 1, 0
        total += size
        opened[-1].levels = max(opened[-1].levels, levels + 1)
        _check_size(event, total, len(opened) - 1 + levels)
    return total


def _check_size(event: Any, total: int, depth: int) -> None:
    if total > MAX_VALUES or depth > MAX_DEPTH:
        what = f"more than {MAX_VALUES:,} values" if depth <= MAX_DEPTH else f"nested more than {MAX_DEPTH} levels deep"
        raise FormatError(what, event.start_mark.line + 1, event.start_mark.column + 1)


def write(value: Any, claim: Claim) -> str:
    """A value as a YAML document in block style, keys in their order."""
    size = json_weight(value)
    if size > MAX_LENGTH:
        raise FormatError(f"a value of more than {MAX_LENGTH:,} characters")
    claim(_WRITTEN * size)
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000)


class Dumper(_Writer):
    """The safe dumper; a value that stands in two places is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class Numeral(str):
    """A number as it is to be written."""

    __slots__ = ()


def write_for_people(value: Any) -> str:
    """As `write`, with long texts in blocks of lines; numbers are Numerals. Raises FormatError."""
    if json_weight(value) > MAX_LENGTH:
        raise FormatError(f"a value of more than {MAX_LENGTH:,} characters")
    for dumper in (InBlocks, _Numbered):
        text = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=10_000)
        with suppress(FormatError):
            if read_with_places(text, lambda _: None, Numeral)[0] == value:
                return text
    raise FormatError("a text that YAML cannot hold")


class _Numbered(Dumper):
    """Writes Numerals."""


class InBlocks(_Numbered):
    """Writes texts of several lines as such, which libyaml does not get right for all of them."""


def _numeral(dumper: Any, value: Numeral) -> Any:
    kind = "float" if re.search(r"[.eE]", value) else "int"
    return dumper.represent_scalar(f"{_CORE}{kind}", str(value))


def _lines(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar(f"{_CORE}str", value, style="|" if "\n" in value else None)


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


_CORE = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_PLAIN = {
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), [*"tTfF"]),
    "null": (re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    "float": (_NUMBER, [*"-+.0123456789"]),
    "merge": (re.compile(r"<<\Z"), ["<"]),
}
_CONSTRUCTORS: dict[str, Any] = {
    "bool": _boolean,
    "float": _scalar,
    "int": _scalar,
    "map": _mapping,
    "null": lambda _loader, _node: None,
    "seq": _sequence,
    "str": lambda loader, node: loader.construct_scalar(node),
}


def _teach(loader: type[Loader]) -> None:
    """Leaves nothing of the safe loader's tags and patterns but those of the core schema."""
    loader.yaml_implicit_resolvers = {}
    loader.yaml_constructors = {}
    for name, (pattern, first) in _PLAIN.items():
        loader.add_implicit_resolver(f"{_CORE}{name}", pattern, first)
    for name, construct in _CONSTRUCTORS.items():
        loader.add_constructor(f"{_CORE}{name}", construct)
    loader.add_constructor(None, _refused)


_teach(Loader)
# Text that only the core schema reads as a number, such as 1e3, is written in quotes too.
for _each in (Dumper, _Numbered, InBlocks):
    _each.add_implicit_resolver(f"{_CORE}float", *_PLAIN["float"])
for _each in (_Numbered, InBlocks):
    _each.add_representer(Numeral, _numeral)
InBlocks.add_representer(str, _lines)
