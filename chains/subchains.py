"""Chains that run themselves by way of others: found before anything runs."""

from collections.abc import Iterator

from chains import document, library
from chains.elements import element_step
from chains.problems import Problems
from chains.spec import Chain, Loop, Step, Subchain
from oql.formats.yaml import Path
from substrate.interface import SystemTables

MOST = 200
"""Chains that are looked through; a circle of more is ended by the limit of depth."""


def check_subchains(tables: SystemTables, name: str, chain: Chain, problems: Problems) -> None:
    """Adds a problem for each step of the chain `name` that leads back to it, over chains as they are saved now."""
    known: dict[str, frozenset[str]] = {}
    for path, step, called in _calls(chain):
        if name in _reached(tables, called, name, known):
            problems.add(path, f'Subchain "{called}" leads back to chain "{name}"', step=step.id)


def _calls(chain: Chain) -> Iterator[tuple[Path, Step, str]]:
    for number, step in enumerate(chain.steps):
        if isinstance(step, Subchain) and step.subchain.strip():
            yield ("steps", number, "subchain"), step, step.subchain.strip()
        elif isinstance(step, Loop) and step.step_template is not None:
            element = element_step(step)
            if isinstance(element, Subchain) and element.subchain.strip():
                yield ("steps", number, "step_template", "subchain"), step, element.subchain.strip()


def _reached(tables: SystemTables, first: str, goal: str, known: dict[str, frozenset[str]]) -> set[str]:
    """The chains that one leads to, itself included; those behind the goal are left out."""
    found, waiting = {first}, [first]
    while waiting and len(found) < MOST:
        name = waiting.pop()
        if name == goal:
            break
        if name not in known:
            known[name] = _called_by(tables, name)
        waiting += known[name] - found
        found |= known[name]
    return found


def _called_by(tables: SystemTables, name: str) -> frozenset[str]:
    saved = library.find(tables, "chain", name)
    chain = document.read(saved.text).chain if saved else None
    return frozenset(called for _, _, called in _calls(chain)) if chain else frozenset()
