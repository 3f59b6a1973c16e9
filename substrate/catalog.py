"""The tables of a namespace as they are declared now, and where the engine keeps each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from substrate.errors import NotFound, nearest, shown
from substrate.manifest import Manifest
from substrate.names import SchemaId


@dataclass(frozen=True)
class Table:
    """A declared table. `number` names what keeps it, so that no name from a request ever does.

    In the engine its columns have their own names, quoted, and there is one more, `_oc_row_version`. `followed`: the
    columns by which relations of other tables go along the edges that its rows are, one way and the other.
    """

    number: int
    version: int
    manifest: Manifest
    text: str
    followed: tuple[tuple[str, ...], ...] = ()

    @property
    def id(self) -> SchemaId:
        """Its name."""
        return self.manifest.id

    @property
    def physical(self) -> str:
        """What the engine calls it; safe to stand in a statement as it is."""
        return f"t{self.number}"


class Catalog:
    """All tables of one namespace at one moment; immutable. `state` differs whenever anything in it does.

    `home`: the database whose tables statements may name without it.
    """

    def __init__(self, tables: Iterable[Table] = (), state: int = 0, home: str | None = None) -> None:
        self.state = state
        self.home = home
        self._at_home: dict[str, Catalog] = {}
        self.tables: Mapping[str, Table] = _followed({str(table.id): table for table in tables})

    def table(self, name: str) -> Table:
        """The table of this id, as declared in that very case. Raises NotFound."""
        found = self.tables.get(name)
        if found is None:
            guess = nearest(name, self.tables)
            hint = f": did you mean `{guess}`?" if guess else ""
            raise NotFound(f"there is no table {shown(name)}{hint}", schema=name[:200])
        return found

    @cached_property
    def folded(self) -> Mapping[str, Table]:
        """The tables by their ids in lower case; ids that differ in case alone cannot be."""
        at_home = {table.id.table.lower(): table for table in self.tables.values() if table.id.namespace == self.home}
        return at_home | {name.lower(): table for name, table in self.tables.items()}

    def at_home_in(self, database: str) -> "Catalog":
        """The same tables, those of this database also by their own name alone."""
        found = self._at_home.get(database)
        if found is None:
            found = self._at_home[database] = Catalog(self.tables.values(), self.state, database)
        return found


def _followed(tables: dict[str, Table]) -> dict[str, Table]:
    """The same tables, each knowing by which columns relations go along its rows."""
    ways: dict[str, dict[tuple[str, ...], None]] = {}
    for table in tables.values():
        for relation in table.manifest.relations:
            if relation.via is not None and relation.to_column is not None:
                found = ways.setdefault(str(relation.via), {})
                found |= dict.fromkeys(((relation.column, relation.to_column), (relation.to_column, relation.column)))
    for name, table in tables.items():
        followed = tuple(_indexable(table, ways.get(name, ())))
        if followed != table.followed:
            tables[name] = replace(table, followed=followed)
    return tables


def _indexable(table: Table, ways: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Those of the ways that the table has columns for; two relations may mean the same, or one that is not there."""
    types = table.manifest.types
    for columns in ways:
        if len(set(columns)) == len(columns) and all(name in types and types[name].order for name in columns):
            yield columns
