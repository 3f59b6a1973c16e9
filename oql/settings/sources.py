"""Where the values of settings come from, and how a wrong one is explained."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from oql.errors import nearest

PREFIX = "OQL_"
FILE = "oql.toml"
# Variables of this project's own tests; what a test starts inherits them.
IGNORED_PREFIX = "OQL_TEST_"
NOT_SETTINGS = frozenset({"OQL_CACHE", "OQL_SERVER", "OQL_USER", "OQL_PASSWORD", "OQL_TOKEN"})
"""Variables with our prefix that no server reads: where the parser keeps its tables, and who asks which server."""


class SettingsError(Exception):
    """Settings with which nothing can start; one line for each problem, in `problems` too."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Published:
    """Marks a setting that other documents know by an environment variable without the prefix."""

    name: str


@dataclass(frozen=True, slots=True)
class Secret:
    """Marks a setting whose value is never shown."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was given, and by whom: "flag", "environment NAME" or "oql.toml"."""

    value: object
    origin: str


Fields = Mapping[str, FieldInfo]
Layer = dict[str, Given]


def is_secret(field: FieldInfo) -> bool:
    """Must the value of this setting stay hidden?"""
    return any(isinstance(mark, Secret) for mark in field.metadata)


def from_flags(declared: Fields, flags: Mapping[str, object]) -> Layer:
    """The flags that were given; None is one that was not. Raises SettingsError."""
    _refuse_unknown(flags.keys() - declared, declared, "flag")
    return {name: Given(value, "flag") for name, value in flags.items() if value is not None}


def from_environment(declared: Fields, environ: Mapping[str, str]) -> Layer:
    """What the environment says; an empty variable says nothing. Raises SettingsError."""
    variables = list(_variables(declared))
    ours = {name for name in environ if name.startswith(PREFIX) and not name.startswith(IGNORED_PREFIX)}
    known = {variable for variable, _ in variables}
    _refuse_unknown(ours - known - NOT_SETTINGS, sorted(known), "environment")
    layer: Layer = {}
    for variable, name in variables:
        if environ.get(variable):
            layer.setdefault(name, Given(environ[variable], f"environment {variable}"))
    return layer


def from_file(declared: Fields, folder: Path) -> Layer:
    """What `oql.toml` in the data folder says, if it is there. Raises SettingsError."""
    path = folder / FILE
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {path}: {error}") from None
    if "data" in values:
        raise SettingsError(f"`data` cannot be set in {path}, which lies in the data folder")
    _refuse_unknown(values.keys() - declared, declared, str(path))
    return {name: Given(_unconverted(value), FILE) for name, value in values.items()}


def _unconverted(value: object) -> object:
    """A value of the file such that `true` is not taken for the number 1."""
    return str(value).lower() if isinstance(value, bool) else value


def explained(error: ValidationError, declared: Fields, given: Mapping[str, Given]) -> SettingsError:
    """The problems of values that do not fit: which setting, where from, what was expected and found."""
    problems = []
    for problem in error.errors(include_url=False):
        wording = EXPECTED.get(problem["type"])
        expected = wording.format(**problem.get("ctx", {})) if wording else _said_by_us(problem["msg"])
        if not problem["loc"]:  # settings that do not go together
            problems.append(expected)
            continue
        name = str(problem["loc"][0])
        one = given.get(name, Given(problem["input"], "default"))
        found = "" if is_secret(declared[name]) else f", found `{one.value}`"
        problems.append(f"setting `{name}` ({one.origin}): expected {expected}{found}")
    return SettingsError(*problems)


EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "string_too_short": "some text",
    "path_type": "a path",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
}


def _said_by_us(message: str) -> str:
    """The text of a ValueError that one of our validators raised."""
    return message.removeprefix("Value error, ")


def _variables(declared: Fields) -> Iterator[tuple[str, str]]:
    """Every environment variable that is read, with its settings; of two for one setting the first counts."""
    for name, field in declared.items():
        yield PREFIX + name.upper(), name
        for mark in field.metadata:
            if isinstance(mark, Published):
                yield mark.name, name


def _refuse_unknown(unknown: Iterable[str], known: Iterable[str], place: str) -> None:
    problems = []
    for name in sorted(unknown):
        guess = nearest(name, known)
        hint = f"; did you mean `{guess}`?" if guess else ""
        problems.append(f"`{name}` ({place}) is not a setting{hint}")
    if problems:
        raise SettingsError(*problems)
