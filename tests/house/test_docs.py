"""The pages name what a reader can type: each make target and each command. Tables are checked in tests/docs."""

import re
from collections.abc import Iterator

import click

from oql.cli import main
from tests.house.project import files, text_of
from tests.house.setup_files import targets


def pages() -> str:
    """Everything that is written for readers: README, CONTRIBUTING and docs/."""
    readable = [path for path in files() if path.suffix == ".md" and path.parts[0] != "tests"]
    return "\n".join(text_of(path) or "" for path in readable)


def unnamed(words: set[str], text: str) -> set[str]:
    """The words that a text does not hold as words of their own."""
    return {word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)}


def commands(group: click.Group, name: str) -> Iterator[str]:
    """The full names of all commands below a group, as they are typed."""
    for word, command in group.commands.items():
        yield f"{name} {word}"
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")


def test_every_make_target_is_explained() -> None:
    assert unnamed({f"make {target}" for target in targets()}, pages()) == set()


def test_every_command_is_explained() -> None:
    assert unnamed(set(commands(main, "oql")), pages()) == set()


def test_a_missing_word_is_found() -> None:
    text = "Run `make serve`, then set OQL_DATA_DIR."
    assert unnamed({"make serve", "make test", "OQL_DATA"}, text) == {"make test", "OQL_DATA"}
