"""The system variables, `!NOW` and its kin: which there are, the keys they take, and where a run keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass

from oql import ast
from oql.errors import Code, OqlError, expected, unknown
from oql.selectors import Selector, read_selector


@dataclass(frozen=True, slots=True)
class SystemVariable:
    """A system variable. `keys` are those it takes, `("*",)` any, none: parentheses behind it are selectors.

    `prefix`: the variable is `!REQUEST` with this before its key.
    """

    doc: str
    keys: tuple[str, ...] = ()
    prefix: str | None = None


SYSTEM: Mapping[str, SystemVariable] = {
    "NOW": SystemVariable("Unix seconds at the start of the run"),
    "INDEX": SystemVariable("the pass of the innermost loop, from 0"),
    "VALUE": SystemVariable("the element of the innermost FOREACH"),
    "KEY": SystemVariable("the key of the element when FOREACH goes over an object"),
    "STATE": SystemVariable("passes of the loop from 1, or the result of the last IF", ("FOREACH", "WHILE", "IF")),
    "ERROR": SystemVariable("what the OR branch was taken for", ("code", "message")),
    "REQUEST": SystemVariable(
        "the request: path, method, body, param:x, form:x, file:x, header:x, cookie:x, site, base", ("*",)
    ),
    "GET": SystemVariable("a parameter of the address", ("*",), "param:"),
    "POST": SystemVariable("a field of the submitted form", ("*",), "form:"),
    "COOKIE": SystemVariable("a cookie", ("*",), "cookie:"),
    "EVENT": SystemVariable("what a watch has seen: type, and what the source tells of it", ("*",), "event:"),
    "JOB": SystemVariable("the run itself", ("id",)),
    "NAMESPACE": SystemVariable("the namespace of the account"),
}


def system_error(system: ast.System) -> OqlError | None:
    """What is wrong with a system variable as it is written, or None."""
    declared = SYSTEM.get(system.name)
    if declared is None:
        names = [f"!{name}" for name in SYSTEM]
        return unknown(Code.PARSE_ERROR, "a system variable", f"!{system.name}", names, system.span)
    if declared.keys in ((), ("*",)):
        return None
    listed = " or ".join(f"!{system.name}({key})" for key in declared.keys)
    if not system.arguments:
        return expected(Code.PARSE_ERROR, listed, f"`!{system.name}`", system.span)
    if system.arguments[0] not in declared.keys:
        return expected(Code.PARSE_ERROR, listed, f"`!{system.name}({system.arguments[0]})`", system.span)
    return None


def place_of(system: ast.System) -> tuple[str, tuple[Selector, ...]]:
    """The key under which a run keeps the variable, and the selectors to follow from there."""
    declared = SYSTEM[system.name]
    selectors = tuple(read_selector(argument) for argument in system.arguments)
    if not declared.keys or not system.arguments:
        return f"!{system.name}", selectors
    if system.name == "STATE":
        return f"!STATE({system.arguments[0]})", selectors[1:]
    key = f"{declared.prefix or ''}{system.arguments[0]}"
    name = "REQUEST" if declared.prefix else system.name
    return f"!{name}", (request_key(key), *selectors[1:])


def request_key(key: str) -> str:
    """A key of the request as it is kept: header names in lower case."""
    return key.lower() if key.lower().startswith("header:") else key
