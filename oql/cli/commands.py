"""The table of commands; looking one up imports its module."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module

import click


class Commands(MutableMapping[str, click.Command]):
    """Commands by name, given as the names of the modules whose `command` they are."""

    def __init__(self, modules: dict[str, str]) -> None:
        self._modules = modules
        self._added: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._added:
            found: click.Command = import_module(self._modules[name]).command
            self._added[name] = found
        return self._added[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._added[name] = command

    def __delitem__(self, name: str) -> None:
        self._added.pop(name, None)
        del self._modules[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._modules, **self._added})

    def __len__(self) -> int:
        return len({**self._modules, **self._added})
