"""What the code declares, as the rows that the tables of the pages must begin with.

A table of a page may have more columns than are declared here: those are written by hand, for people.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from accounts.tiers import GB, TIERS
from accounts.tokens import SCOPES, TENANT_SCOPES
from oql import durations, verbs
from oql.arithmetic import CONSTANTS, FUNCTIONS, Function
from oql.conditions import NULL_TESTS, OPERATORS
from oql.errors import Code
from oql.limits import DEFAULT, Limits
from oql.people.answers import KINDS
from oql.settings import Published, Settings
from oql.settings.sources import NOT_SETTINGS, PREFIX
from oql.system import SYSTEM
from oql.tables.declaration import MODIFIERS as MODIFIERS_OF_COLUMNS
from oql.verbs.declare import MODIFIERS
from oql.verbs.time import FORMS
from server import metrics
from server.envelopes import Confirmation, Query, TokenRequest
from server.problems import CODES
from substrate.columns import BY_OQL_WORD
from worker import metrics as work_metrics

Rows = list[list[str]]


def quoted(text: Any) -> str:
    """A word as the pages show what stands in programs."""
    return f"`{text}`"


def number(value: float) -> str:
    """A number as the pages show it."""
    return f"{value:,.10g}"


# the language


def error_codes() -> Rows:
    return [[quoted(each.value)] for each in Code]


def kinds_of_fields() -> Rows:
    return [[quoted(name), kind.wanted] for name, kind in KINDS.items()]


def limits() -> Rows:
    return [[quoted(each.name), number(getattr(DEFAULT, each.name)), each.metadata["doc"]] for each in fields(Limits)]


def system_variables() -> Rows:
    return [
        [quoted(f"!{name}"), "any" if variable.keys == ("*",) else " ".join(map(quoted, variable.keys)), variable.doc]
        for name, variable in SYSTEM.items()
    ]


def comparisons() -> Rows:
    """Each comparison with the form that is for SOME, if it has another one there."""
    forms: dict[str, list[str]] = {}
    for words, operator in OPERATORS.items():
        forms.setdefault(operator.name, []).append(quoted(words))
    return [[*words, ""][:2] for words in forms.values()] + [[quoted(words), ""] for words in NULL_TESTS]


def column_types() -> Rows:
    """The words for types in CREATE TABLE."""
    return [[quoted(word)] for word in BY_OQL_WORD]


def column_modifiers() -> Rows:
    return [[quoted(word)] for word in MODIFIERS_OF_COLUMNS]


def functions() -> Rows:
    """The names of CALCULATE with the number of arguments they take."""
    return [[quoted(name), _arguments(function)] for name, function in FUNCTIONS.items()] + [
        [quoted(name), "none"] for name in CONSTANTS
    ]


def _arguments(function: Function) -> str:
    if function.most is None:
        return "any"
    return str(function.least) if function.least == function.most else f"{function.least} or {function.most}"


def families() -> Rows:
    """The families of verbs that this build serves, and those of which it only knows the words."""
    needs = {verb.family: verb.needs for verb in verbs.table().values()}
    served, known = (", ".join(sorted(name for name in needs if bool(needs[name]) is lacks)) for lacks in (False, True))
    return [["served", served], ["known, not served yet", known]]


# the server


def settings() -> Rows:
    """Each setting by its variable, with its default; what depends on the machine is left to the page."""
    return [
        [quoted(f"{PREFIX}{name.upper()}"), _default(field), field.description or ""]
        for name, field in sorted(Settings.model_fields.items())
    ]


OF_THE_MACHINE = "?"
"""A cell whose text the code does not settle; the page has to say something there."""


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return OF_THE_MACHINE
    value = field.default
    if value is None:
        return "none"
    return quoted(f"{value:.10g}" if isinstance(value, float) else str(value).lower())


def published_settings() -> Rows:
    return [
        [quoted(mark.name), quoted(f"{PREFIX}{name.upper()}")]
        for name, field in Settings.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Published)
    ]


def other_variables() -> Rows:
    return [[quoted(name)] for name in sorted(NOT_SETTINGS)]


def figures() -> Rows:
    """Each of our figures with its type, as a scrape shows it: those of requests first, whatever was imported first."""
    work_metrics.hints_sent(0)
    shown = (line.split() for line in metrics.exposition().decode().splitlines() if line.startswith("# TYPE oql_"))
    found = [[quoted(name), kind] for _, _, name, kind in shown if not name.endswith("_created")]
    return sorted(found, key=lambda row: row[0].startswith(("`oql_drains", "`oql_jobs", "`oql_hints")))


def tiers() -> Rows:
    return [
        [
            quoted(tier.name),
            number(tier.queries_per_day),
            number(tier.queries_at_once),
            f"{tier.storage_bytes // GB} GB",
        ]
        for tier in TIERS.values()
    ]


def scopes() -> Rows:
    return [[quoted(name), what] for name, what in SCOPES.items()]


def problem_codes() -> Rows:
    return [[str(status), quoted(name)] for status, name in CODES.items()]


def fields_of(model: type[BaseModel]) -> Rows:
    """The fields of a request's body, those of objects inside by `outer.inner`."""
    return [[quoted(name)] for name in _names(model)]


def _names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        inner = next((one for one in _types(field.annotation) if issubclass(one, BaseModel)), None)
        if inner is not None:
            yield from _names(inner, f"{prefix}{name}.")


def _types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _types(part)


def mcp_tools() -> Rows:
    """The tools of `oql mcp`, each with what a model is told of it."""
    from oql.cli.chain.server import ChainServer
    from oql.cli.mcp.serving import mcp_server  # it takes a second to load

    tools = asyncio.run(mcp_server(ChainServer("http://127.0.0.1:1")).list_tools())
    return [[quoted(tool.name), tool.description or ""] for tool in tools]


DECLARED: dict[str, Callable[[], Rows]] = {
    "codes": error_codes,
    "column modifiers": column_modifiers,
    "column types": column_types,
    "comparisons": comparisons,
    "families": families,
    "figures": figures,
    "functions": functions,
    "kinds of fields": kinds_of_fields,
    "limits": limits,
    "mcp tools": mcp_tools,
    "modifiers": lambda: [[quoted(word)] for word in MODIFIERS],
    "other variables": other_variables,
    "problems": problem_codes,
    "published settings": published_settings,
    "confirmation": lambda: fields_of(Confirmation),
    "query": lambda: fields_of(Query),
    "scopes": scopes,
    "settings": settings,
    "store scopes": lambda: [[quoted(name), what] for name, what in TENANT_SCOPES.items()],
    "system variables": system_variables,
    "tiers": tiers,
    "time forms": lambda: [[quoted(form)] for form in FORMS],
    "token request": lambda: fields_of(TokenRequest),
    "units": lambda: [[quoted(unit), str(seconds)] for unit, seconds in durations.SECONDS.items()],
}
"""Every table that must agree with the code, by the name that stands before it."""

TOLD_BY_A_SERVER = ("chain routes", "data folder", "log fields", "routes", "store routes")
"""The tables that must agree with what a running server shows."""
