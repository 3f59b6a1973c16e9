"""What a transform step makes of a text: an operation by name, and the fields that it takes.

Every operation is a function of the text and of a Transform, which holds the fields of the step, resolved.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chains.references import Scope, template, text_of
from oql import json
from oql.errors import Code, failed
from oql.regex import Pattern, check_work, compile_pattern

TRUNCATED_AT = 5_000
BETWEEN = "\n\n---\n\n"
"""What stands between merged texts."""
_PLACE = re.compile(r"\$(?:([$&])|(\d{1,2}))")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Transform:
    """The fields of a transform step, as the chain's text names them.

    `template_str` is None where it is absent, `scope` is for templates, `warn` is told what a person should know, and
    `claim` is asked for bytes before a text of that size is made.
    """

    json_path: str = ""
    default: str | None = None
    regex: str = ""
    template_str: str | None = None
    truncate_limit: int | None = None
    inputs: Sequence[str] = ()
    scope: Scope = field(default_factory=lambda: Scope({}))
    warn: Callable[[str], None] = lambda _: None
    claim: Callable[[int], None] = lambda _: None


Operation = Callable[[str, Transform], str]


def transformed(operation: str, text: str, given: Transform) -> str:
    """What the operation makes of a text; without one, the text. Raises OqlError (ChainFailed)."""
    return OPERATIONS[operation](text, given) if operation else text


# JSON


def _json_extract(text: str, given: Transform) -> str:
    try:
        value = json.loads(text)
    except json.JsonError as error:
        given.warn(f"json_extract: {error.message}")
        return f"[JSON parse error: {error.message}]"
    try:
        found = at_path(value, path_steps(given.json_path))
    except LookupError:
        if given.default is not None:
            return given.default
        raise failed(Code.CHAIN_FAILED, f'json_extract: path "{given.json_path}" not found') from None
    return found if isinstance(found, str) else json.indented(found)


def path_steps(path: str) -> list[str | int]:
    """The steps of a path such as `$.items[0].name` or `items.*.name`: names and indices."""
    rest = path.strip().removeprefix("$")
    return [int(index) if index else name for name, index in _STEP.findall(rest)]


def at_path(value: Any, steps: Sequence[str | int]) -> Any:
    """What stands at a path. `*` applies the rest to each element of a list and leaves out those without it.

    Raises LookupError.
    """
    for number, step in enumerate(steps):
        if step == "*" and isinstance(value, list):
            rest = steps[number + 1 :]
            return [found for element in value for found in _at_path_or_nothing(element, rest)]
        value = _child(value, step)
    return value


def _at_path_or_nothing(value: Any, steps: Sequence[str | int]) -> list[Any]:
    try:
        return [at_path(value, steps)]
    except LookupError:
        return []


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, list) and (isinstance(step, int) or step.isdecimal()):
        return value[int(step)]
    if isinstance(value, dict):
        return value[str(step)]
    raise LookupError(step)


def _to_json(text: str, given: Transform) -> str:
    return text_of([line for line in lines_of(text) if line.strip()])


def _from_json(text: str, given: Transform) -> str:
    try:
        value = json.loads(text)
    except json.JsonError:
        return text
    if isinstance(value, list):
        return "\n".join(map(text_of, value))
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text_of(inner)}" for key, inner in value.items())
    return text_of(value)


def _join(text: str, given: Transform) -> str:
    try:
        value = json.loads(text)
    except json.JsonError:
        return text
    if not isinstance(value, list):
        return text
    between = "\n" if given.template_str is None else given.template_str
    given.claim(len(between) * len(value))
    return between.join(map(text_of, value))


# lines and texts


def lines_of(text: str) -> list[str]:
    """The lines of a text, whatever ends them."""
    return _LINE_ENDS.split(text)


def _filter(text: str, given: Transform) -> str:
    if not given.regex:
        return text
    pattern = _pattern(given.regex, text)
    return "\n".join(line for line in lines_of(text) if pattern.search(line))


def _map(text: str, given: Transform) -> str:
    line_template = template(given.template_str or "{item}")
    made, size, claimed = [], 0, 0
    for index, line in enumerate(line for line in lines_of(text) if line.strip()):
        scope = Scope(_Line(given.scope.variables, line, index), given.scope.omitted, given.scope.warn)
        made.append(line_template.fill(scope))
        size += len(made[-1])
        claimed = _claimed(size, claimed, given)
    return "\n".join(made)


class _Line(dict[str, str]):
    """The variables of one line: its own two before those of the chain."""

    def __init__(self, around: Mapping[str, str], line: str, index: int) -> None:
        super().__init__(item=line, index=str(index))
        self._around = around

    def get(self, key: str, default: Any = None) -> Any:
        own = super().get(key)
        return self._around.get(key, default) if own is None else own


def _truncate(text: str, given: Transform) -> str:
    limit = given.truncate_limit
    if limit is None:
        written = next((each for each in (given.template_str or "", given.json_path) if each.strip().isdecimal()), "")
        limit = int(written) if written else TRUNCATED_AT
    return truncated(text, limit)


def truncated(text: str, limit: int) -> str:
    """A text of at most `limit` characters, and where it was longer, how long."""
    return text if len(text) <= limit else f"{text[:limit]}\n[truncated from {len(text)} chars]"


def _template(text: str, given: Transform) -> str:
    return template(given.template_str or "").fill(given.scope)


def _merge(text: str, given: Transform) -> str:
    values = [given.scope.variables.get(name, "") for name in given.inputs]
    given.claim(sum(map(len, values)))  # a name may stand there often
    return merged(values)


def merged(values: Sequence[str]) -> str:
    """The values that are not empty, with a line between them."""
    return BETWEEN.join(value for value in values if value.strip())


# regular expressions


def _regex_match(text: str, given: Transform) -> str:
    if not given.regex:
        return ""
    return "\n".join(match[0] for match in _pattern(given.regex, text).finditer(text))


def _replace(text: str, given: Transform) -> str:
    if not given.regex:
        return text
    made: list[str] = []
    end = size = claimed = 0
    pieces = _PLACE.split(given.template_str or "")  # plain text, sign, number, plain text, ...
    for match in _pattern(given.regex, text).finditer(text):
        _claimed(size + len(pieces) // 3 * len(match[0]), claimed, given)  # before that is made
        made += [text[end : match.start()], _put(pieces, match)]
        size += len(made[-1])
        claimed = _claimed(size, claimed, given)
        end = match.end()
    return "".join([*made, text[end:]])


def _claimed(size: int, before: int, given: Transform) -> int:
    """Claims all that was made so far, where it is a good deal more than what was claimed `before`; what now is."""
    if size < before + max(2**20, before // 4):
        return before
    given.claim(size)
    return size


def _put(pieces: Sequence[str | None], match: Any) -> str:
    """What takes the place of a match: `$1` is a group, `$&` the match, `$$` a dollar."""
    known: dict[tuple[str | None, str | None], str] = {}
    put = [pieces[0] or ""]
    for sign, number, plain in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if (sign, number) not in known:
            known[sign, number] = _inserted(sign, number or "", match)
        put += [known[sign, number], plain or ""]
    return "".join(put)


def _inserted(sign: str | None, number: str, match: Any) -> str:
    if sign:
        return "$" if sign == "$" else str(match[0])
    groups = match.re.groups
    if 1 <= int(number) <= groups:
        return match[int(number)] or ""
    if len(number) == 2 and 1 <= int(number[0]) <= groups:
        return (match[int(number[0])] or "") + number[1]
    return f"${number}"


def _pattern(text: str, searched: str) -> Pattern:
    pattern = compile_pattern(text, Code.CHAIN_FAILED)
    check_work(pattern, searched)
    return pattern


OPERATIONS: dict[str, Operation] = {
    "json_extract": _json_extract,
    "regex_match": _regex_match,
    "template": _template,
    "split": _to_json,
    "to_json": _to_json,
    "merge": _merge,
    "truncate": _truncate,
    "replace": _replace,
    "filter": _filter,
    "map": _map,
    "join": _join,
    "from_json": _from_json,
}
"""Every operation by its name in the text of a chain."""
