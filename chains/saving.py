"""Saves texts under names, after all checks; also those that only other saved texts make possible."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from chains import document, library
from chains.library import Kind
from chains.pipelines.document import read_pipeline
from chains.problems import Problems, told
from chains.subchains import check_subchains
from oql.formats import FormatError, yaml
from substrate.interface import Namespace, SystemTables


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that was checked for a name. `about`: what lists show of it, None where it cannot be saved."""

    about: Mapping[str, Any] | None
    problems: Problems

    @property
    def warnings(self) -> list[str]:
        """What does not keep it from being saved."""
        return [str(problem) for problem in self.problems.warnings]


class TextRefused(ValueError):
    """A text that cannot be saved; the message has all that is wrong with it."""


def save(namespace: Namespace, kind: Kind, name: str, text: str, now: float) -> list[str]:
    """Saves a text, also in place of one of that name; its warnings. Raises TextRefused, StoreError."""
    namespace.make()
    checked = check(namespace, kind, name, text)
    if checked.about is None:
        raise TextRefused(told(kind, name, checked.problems.errors))
    keep = partial(library.save, kind=kind, name=name, text=text, now=now, about=checked.about)
    namespace.write(lambda frame: keep(frame))
    return checked.warnings


def kind_of(text: str) -> Kind:
    """What a text is, as `chains.library.kind_of` has it; a chain where it cannot be read."""
    try:
        return library.kind_of(yaml.read(text, lambda _: None))
    except FormatError:
        return "chain"


def check(tables: SystemTables, kind: Kind, name: str, text: str) -> Checked:
    """Checks a text for a name; `tables` are those of the namespace where it is to be saved."""
    return _CHECKS[kind](tables, name, text)


def _chain(tables: SystemTables, name: str, text: str) -> Checked:
    read = document.read(text)
    if read.chain is None:
        return Checked(None, read.problems)
    check_subchains(tables, name, read.chain, read.problems)
    _warn_of_name(name, read.chain.name, read.problems)
    about = library.about(read.chain.description, read.chain.version, stepCount=len(read.chain.steps))
    return Checked(None if read.problems.errors else about, read.problems)


def _pipeline(tables: SystemTables, name: str, text: str) -> Checked:
    read = read_pipeline(text)
    if read.pipeline is None:
        return Checked(None, read.problems)
    entries = read.pipeline.chains
    for number, entry in enumerate(entries):
        if library.find(tables, "chain", entry.chain) is None:
            read.problems.state(("chains", number, "chain"), f'Chain "{entry.chain}" not found', "warning")
    _warn_of_name(name, read.pipeline.name, read.problems)
    about = library.about(read.pipeline.description, read.pipeline.version, chainCount=len(entries))
    return Checked(about, read.problems)


def _warn_of_name(name: str, inside: str, problems: Problems) -> None:
    if inside != name:
        problems.add(("name",), f'is "{inside}", and the text is saved as "{name}"', "warning")


_CHECKS = {"chain": _chain, "pipeline": _pipeline}
