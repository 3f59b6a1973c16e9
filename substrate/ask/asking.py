"""Plans of questions, kept with the tables that they were made for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from substrate.ask import questions
from substrate.ask.naming import Tables
from substrate.ask.planning import planned
from substrate.catalog import Catalog
from substrate.interface import Plan
from substrate.plan.kept import Kept

KEPT = 256
"""How many plans are kept for one state of a namespace's tables."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The plan of a question, not to be changed, and whether it was there (`hit`) or made now (`miss`)."""

    plan: Plan
    cache: Literal["hit", "miss"]


def plan(text: str, catalog: Catalog, schemas: Sequence[str] | None = None) -> Plan:
    """The plan of a question, as `substrate.plan.compile` takes it. Raises as `asked`."""
    return asked(text, catalog, schemas).plan


def asked(text: str, catalog: Catalog, schemas: Sequence[str] | None = None) -> Asked:
    """The plan of a question about the tables of a catalog, or about those whose ids are in `schemas`.

    Plans are kept as long as the catalog is, by the normalised text. No schemas, or none in the list, are all.
    Raises NotFound (an id in `schemas`) and Invalid, which has in `detail` what helps to ask again: `forms`, where the
    text is none of them; `candidates`, the ids of tables or the columns that may be meant.
    """
    among = frozenset(str(catalog.table(name).id) for name in schemas or ())
    normalised = questions.normalised(text)
    missed = False

    def make() -> Plan:
        nonlocal missed
        missed = True
        return planned(questions.read(normalised), _tables.get(catalog, among, lambda: Tables(catalog, among)))

    found = _plans.get(catalog, (normalised, among), make)
    return Asked(found, "miss" if missed else "hit")


_plans: Kept[Catalog, Plan] = Kept(KEPT)
_tables: Kept[Catalog, Tables] = Kept(8)
