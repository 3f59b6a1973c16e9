"""What whoever starts a chain gives it: checked against the declared inputs, and made into variables."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from chains.fields import Written
from chains.references import text_of
from chains.spec import Input
from oql import json
from oql.errors import Code, OqlError, nearest
from oql.formats.yaml import Path
from oql.messages import shorten
from oql.regex import check_work, compile_pattern
from oql.values import as_number

BOOLEANS = frozenset(("true", "false", "1", "0", "yes", "no"))
_URL = re.compile(r"https?://[^\s/]", re.IGNORECASE)
MISSING = "Missing required input"
"""How the message begins where an input is not given."""
_MOST_TOLD = 3
_IMAGES = ("png", "jpg", "jpeg", "gif", "webp", "svg", "bmp")


class InputRefused(ValueError):
    """What was given does not fit: the message, as it is published, and a hint for whoever gave it, if there is one.

    As a text it is both.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message}; {hint}")
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Given:
    """The texts of all inputs by name, and the declared ones that were not given."""

    texts: dict[str, str]
    omitted: frozenset[str]

    @property
    def variables(self) -> dict[str, str]:
        """The variables that a chain starts with: each input under its name, and behind `input.`."""
        return {**{f"input.{name}": text for name, text in self.texts.items()}, **self.texts}


def given(declared: Sequence[Input], values: Mapping[str, Any], size_of: Callable[[str], int | None]) -> Given:
    """The inputs of one run; what nobody declared is passed through.

    `size_of` gives the bytes of a file below /root/, None where there is none. Raises InputRefused.
    """
    texts = {name: text_of(value) for name, value in values.items() if not _missing(value)}
    omitted = set()
    for each in declared:
        if each.name not in texts:
            if not _missing(each.default):
                texts[each.name] = _default(each.default)
            elif each.optional:
                omitted.add(each.name)
                continue
            else:
                about = f" ({each.description})" if each.description else ""
                raise InputRefused(f'{MISSING}: "{each.name}"{about}', _strange(declared, texts))
        wrong = _wrong(each, texts[each.name], size_of)
        if wrong:
            raise InputRefused(f'Invalid input "{each.name}": {wrong}')
    return Given(texts, frozenset(omitted))


def flaws(declared: Sequence[Input]) -> Iterator[tuple[Path, str]]:
    """What keeps declared inputs from taking any value, or from taking their own default."""
    met: set[str] = set()
    for number, each in enumerate(declared):
        for field, message in _flaws_of(each, met):
            yield (number, field), message
        met.add(each.name)


def _flaws_of(each: Input, met: Set[str]) -> Iterator[tuple[str, str]]:
    if each.name in met:
        yield "name", f'Duplicate input name "{each.name}"'
    if each.type == "enum" and not each.enum:
        yield "enum", "is required for inputs of the type `enum`"
    for least, most in (("min", "max"), ("min_length", "max_length")):
        low, high = getattr(each, least), getattr(each, most)
        if low is not None and high is not None and low > high:
            yield least, f"is more than `{most}`"
    try:
        compile_pattern(each.pattern, Code.CHAIN_FAILED)
    except OqlError as error:
        yield "pattern", error.message
    else:
        if not _missing(each.default) and (wrong := _CHECKS[each.type](each, _default(each.default))):
            yield "default", wrong


def _strange(declared: Sequence[Input], texts: Mapping[str, str]) -> str | None:
    """What was given that nobody declared, as a hint: it may have been meant for what is missing."""
    names = [each.name for each in declared]
    strange = [name for name in texts if name not in names]
    told = [_unlike_declared(name, [each for each in names if each not in texts]) for name in strange[:_MOST_TOLD]]
    return "; ".join(told) or None


def _unlike_declared(name: str, wanted: Sequence[str]) -> str:
    guess = nearest(name, wanted)
    return f'"{shorten(name)}" is no declared input{f", did you mean `{guess}`?" if guess else ""}'


def _missing(value: Any) -> bool:
    return value is None or value == ""


def _default(value: Any) -> str:
    return value.text if isinstance(value, Written) else text_of(value)


def _wrong(declared: Input, text: str, size_of: Callable[[str], int | None]) -> str:
    """Why a text does not fit; empty where it does."""
    return _CHECKS[declared.type](declared, text) or (
        _wrong_file(declared, text, size_of) if declared.type in ("file", "image") else ""
    )


def _wrong_text(declared: Input, text: str) -> str:
    if declared.min_length is not None and len(text) < declared.min_length:
        return f"expected at least {declared.min_length} characters, found {len(text)}"
    if declared.max_length is not None and len(text) > declared.max_length:
        return f"expected at most {declared.max_length} characters, found {len(text)}"
    if declared.pattern:
        return _unlike(declared.pattern, text)
    return ""


def _unlike(pattern: str, text: str) -> str:
    try:
        compiled = compile_pattern(pattern, Code.CHAIN_FAILED)
        check_work(compiled, text)
    except OqlError as error:
        return error.message
    return "" if compiled.search(text) else f"expected a match of {pattern}"


def _wrong_number(declared: Input, text: str) -> str:
    number = as_number(text)
    if number is None:
        return "expected a number"
    if declared.min is not None and number < declared.min:
        return f"expected at least {declared.min:g}"
    if declared.max is not None and number > declared.max:
        return f"expected at most {declared.max:g}"
    return ""


def _wrong_boolean(declared: Input, text: str) -> str:
    return "" if text.strip().lower() in BOOLEANS else "expected true or false"


def _wrong_choice(declared: Input, text: str) -> str:
    return "" if text in declared.enum else f"expected one of {', '.join(declared.enum)}"


def _wrong_url(declared: Input, text: str) -> str:
    return "" if _URL.match(text) else "expected a URL that begins with http:// or https://"


def _wrong_json(declared: Input, text: str) -> str:
    try:
        json.loads(text)
    except json.JsonError as error:
        return f"expected JSON: {error.message}"
    return ""


def _nothing_wrong(declared: Input, text: str) -> str:
    return ""


def _wrong_file(declared: Input, text: str, size_of: Callable[[str], int | None]) -> str:
    size = size_of(text) if text.startswith("/root/") else None
    if size is None:
        return "expected the path of a file below /root/"
    kinds = declared.accepts or (_IMAGES if declared.type == "image" else ())
    if kinds and not any(_accepts(kind, text) for kind in kinds):
        return f"expected a file of the type {' or '.join(kinds)}"
    if declared.max_file_size is not None and size > declared.max_file_size:
        return f"expected at most {declared.max_file_size} bytes, found {size}"
    return ""


_EXTENSIONS = {"jpeg": ("jpeg", "jpg"), "svg+xml": ("svg",), "plain": ("txt",), "markdown": ("md",)}


def _accepts(kind: str, path: str) -> bool:
    """Whether a file is of a kind: an extension, or a media type such as `image/png` or `image/*`."""
    extension = path.rpartition(".")[2].lower()
    family, slash, name = kind.lower().partition("/")
    if not slash:
        return extension == family.lstrip(".")
    if name == "*":
        return family == "image" and extension in _IMAGES
    return extension in _EXTENSIONS.get(name, (name,))


_CHECKS: dict[str, Callable[[Input, str], str]] = {
    "string": _wrong_text,
    "text": _wrong_text,
    "number": _wrong_number,
    "boolean": _wrong_boolean,
    "enum": _wrong_choice,
    "url": _wrong_url,
    "json": _wrong_json,
    "file": _nothing_wrong,
    "image": _nothing_wrong,
}
"""What each type of input demands of a text."""
