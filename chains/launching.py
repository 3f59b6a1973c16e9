"""Starts what is saved under a name: a chain, or a pipeline with the texts of its chains."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from chains import library
from chains.library import Kind
from chains.lowering import ChainRefused, lowered
from chains.paths import size_of
from chains.problems import Problems, told
from chains.starting import TooMany, start
from chains.subchains import check_subchains
from oql.jobs.executions import slots_taken
from substrate.interface import Files, Frame, SystemTables


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts executions in one namespace. `limit`: how many may run at once there."""

    limit: int
    size_of: Callable[[str], int | None]

    def __call__(
        self, frame: Frame, kind: Kind, name: str, values: Mapping[str, Any], now: float, *, waits: bool = False
    ) -> str:
        """The id of the new execution.

        waits: whether it waits for a slot where none is free. Raises, before anything is written: TooMany; ChainRefused
        where nothing has that name, or it cannot run.
        """
        taken = slots_taken(frame)
        if taken >= self.limit and not waits:
            raise TooMany(taken, self.limit)
        saved = library.find(frame, kind, name)
        if saved is None:
            raise ChainRefused(f'{kind.capitalize()} "{name}" not found')
        texts = texts_of_chains(frame, name, saved.text) if kind == "pipeline" else None
        if kind == "chain":
            _refuse_circles(frame, name, saved.text)
        return start(
            frame, kind=kind, name=name, text=saved.text, values=values, now=now, limit=self.limit,
            size_of=self.size_of, waits=waits, texts=texts,
        )  # fmt: skip


def _refuse_circles(tables: SystemTables, name: str, text: str) -> None:
    """Raises ChainRefused where a chain runs itself by way of others, as those are saved now."""
    problems = Problems({})
    check_subchains(tables, name, lowered("chain", name, text).chain, problems)
    if problems.errors:
        raise ChainRefused(told("chain", name, problems))


def launcher(limit: int, files: Files | None) -> Launcher:
    """Starts executions in a namespace with these files."""
    return Launcher(limit, partial(size_of, files))


def texts_of_chains(tables: SystemTables, name: str, text: str) -> dict[str, str]:
    """The texts of all chains of a pipeline as they are now. Raises ChainRefused where one is missing."""
    entries: Sequence[Any] = lowered("pipeline", name, text).chain.steps
    found = {}
    for chain in dict.fromkeys(entry.chain_name for entry in entries):
        saved = library.find(tables, "chain", chain)
        if saved is None:
            raise ChainRefused(f'Chain "{chain}" not found')
        found[chain] = saved.text
    return found
