"""Values given on the command line: `name=text`, `name:=json`, `key=text`."""

import re
from typing import Any

import click

from oql import json
from oql.values import Value

_VARIABLE = re.compile(r"\??([A-Za-z_][A-Za-z0-9_]*)(:?)=(.*)", re.DOTALL)


class VariableType(click.ParamType[tuple[str, Value]]):
    """`name=text` binds a text, `name:=json` the value of a JSON text."""

    name = "NAME=TEXT|NAME:=JSON"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Value]:
        """The variable's name and value."""
        found = _VARIABLE.fullmatch(value)
        if found is None:
            self.fail(f"expected NAME=TEXT or NAME:=JSON, found `{value}`", param, ctx)
        name, typed, text = found.groups()
        if not typed:
            return name, text
        try:
            return name, json.loads(text)
        except json.JsonError as error:
            self.fail(f"`{text}` is not JSON: {error.message}", param, ctx)


class RequestType(click.ParamType[tuple[str, str]]):
    """`key=text`, a part of the request that `!REQUEST(key)` reads."""

    name = "KEY=TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The key and its text."""
        key, sign, text = value.partition("=")
        if not sign or not key:
            self.fail(f"expected KEY=TEXT such as `param:id=7`, found `{value}`", param, ctx)
        return key, text
