"""The texts of chains that commands are given."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oql.cli.programs import STDIN, read_text
from oql.cli.refusal import Failed, Refused
from oql.source import Source

if TYPE_CHECKING:
    from chains.spec import Chain


def read_chain_text(path: str) -> Source:
    """The text in a file (`-`: standard input). Refused when there is none."""
    if path != STDIN and Path(path).is_dir():
        raise Refused(f"{path} is a folder; name its files, such as {path.rstrip('/')}/*.yaml")
    if path.endswith(".oql"):
        raise Refused(f"{path} is a program, not a chain; it is run by `oql run {path}`")
    source = read_text(path)
    if not source.text.strip():
        raise Refused(f"{source.name} is empty")
    return source


def read_chain(source: Source) -> "Chain":
    """The chain of a text. Failed with all that is wrong with it, each with its place."""
    from chains.document import read

    found = read(source.text)
    if found.chain is None:
        raise Failed(*(f"{source.name}:{each.line}:{each.column}: {each}" for each in found.problems.errors))
    return found.chain


class InputType(click.ParamType[tuple[str, str]]):
    """`name=text`, an input of a chain; `name=@file` takes the text from a file, `name=@@x` is the text `@x`."""

    name = "NAME=TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The name of the input, and its text."""
        key, sign, text = value.partition("=")
        if not sign or not key:
            self.fail(f"expected NAME=TEXT such as `topic=bees`, found `{value}`", param, ctx)
        if text.startswith("@@"):
            return key, text[1:]
        return key, read_text(text[1:]).text if text.startswith("@") else text


def missing_told(told: str) -> str:
    """What is said of an input that is missing, with how to give it where no other name is meant."""
    return told if told.endswith("?") else f"{told}; give it with -i NAME=TEXT"


input_option = click.option(
    "-i", "--input", "inputs", type=InputType(), multiple=True,
    help="An input; `NAME=@FILE` takes its text from a file. May be repeated.",
)  # fmt: skip


def values(inputs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The inputs by name. Refused when one is given twice."""
    found: dict[str, str] = {}
    for name, text in inputs:
        if name in found:
            raise Refused(f"the input `{name}` is given twice")
        found[name] = text
    return found
