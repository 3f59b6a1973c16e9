"""A relation as edges: which table holds them and in which columns, and what they lead on to.

    column        row's key          -> the column
    json column   row's key          -> each key in the array
    via           the edge's column  -> the edge's to_column

An edge ends at a key of the target; from there the relation of the same name goes on that the target declares.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from substrate.catalog import Catalog, Table
from substrate.columns import JSON, STR, Bound, Canonical, ColumnType
from substrate.columns.reading import Unfit
from substrate.engine import Connection, DialectName, storage
from substrate.errors import Invalid, NotFound, described, nearest, shown
from substrate.manifest import Relation
from substrate.plan.json_keys import elements, key_of
from substrate.plan.leading import own_key, target_key
from substrate.plan.select import Writing
from substrate.rows import quoted

Key = Canonical
Node = tuple[str, Key]
"""A key, and the table that it is one of."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of edges: keys of a table. `sql` gives them in the engine, as `held`; the table has them as `key`.

    `loose`: what is held comes from JSON, so that not all of it is a key.
    """

    table: str
    sql: str
    held: ColumnType
    key: ColumnType
    dialect: DialectName
    loose: bool = False

    def given(self, text: str, parameter: str) -> Key:
        """The key that a text stands for. Raises Invalid naming the parameter that it came in."""
        try:
            return (self.key.keys or self.key.reads)(text)
        except Unfit as unfit:
            reason = f" ({unfit.reason})" if unfit.reason else ""
            message = f"`{parameter}`: expected {self.key.expects}, found {described(text)}{reason}"
            raise Invalid(message, parameter=parameter) from None

    def read(self, value: Bound) -> Key | None:
        """A value of the engine as a key; None where no key equals it."""
        held = storage(self.held, self.dialect).read(value)
        return held if self.key is self.held and not self.loose else _as(self.key, held)

    def bound(self, key: Key) -> Bound | None:
        """A key as the engine takes it here; None where nothing that is held equals it."""
        held = key if self.key is self.held else _as(self.held, key)
        return None if held is None else storage(self.held, self.dialect).write(held)


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of one relation: what FROM has for them, their ends, and the column of their weights.

    `both_ways`: whether an index leads from the far end back.
    """

    source: str
    near: End
    far: End
    weight: str | None
    both_ways: bool


@dataclass(frozen=True)
class Relations:
    """The relation of this name from a table on. Raises NotFound, Invalid when it is asked for its edges."""

    catalog: Catalog
    connection: Connection
    dialect: DialectName
    table: str
    name: str

    @cached_property
    def chain(self) -> dict[str, Edges]:
        """The edges by the tables that they begin at: the first, and what is come to from there."""
        table: Table | None = self.catalog.table(self.table)
        chain: dict[str, Edges] = {}
        while table is not None and str(table.id) not in chain:
            edges = _edges(table, self.name, self.catalog, self.dialect)
            if edges is None:
                break
            chain[str(table.id)] = edges
            table = self.catalog.tables.get(edges.far.table)
        if not chain:
            raise _no_relation(self.name, self.catalog.table(self.table))
        return chain

    @property
    def first(self) -> Edges:
        """The edges of the table itself."""
        return self.chain[self.table]

    def into(self, table: str) -> list[Edges]:
        """The edges of the chain that end at a table."""
        return [edges for edges in self.chain.values() if edges.far.table == table]

    @property
    def ends(self) -> Iterator[End]:
        """Where a walk may come to, each table once: the first of them is where it begins."""
        found = {self.table: self.first.near}
        for edges in self.chain.values():
            found.setdefault(edges.far.table, edges.far)
        yield from found.values()

    def start(self, text: str, parameter: str) -> Key:
        """The key that a text stands for where the walk begins. Raises Invalid naming the parameter."""
        return self.first.near.given(text, parameter)

    def nodes(self, text: str, parameter: str) -> list[Node]:
        """What a text may stand for at the end of a walk. Raises Invalid where it is a key of none of the tables."""
        found: list[Node] = []
        refused: list[Invalid] = []
        for end in self.ends:
            try:
                found.append((end.table, end.given(text, parameter)))
            except Invalid as refusal:
                refused.append(refusal)
        if not found:
            raise refused[0]
        return found

    def text(self, node: Node) -> str:
        """The text of a node's key."""
        kind = self.chain[node[0]].near.key if node[0] in self.chain else self.into(node[0])[0].far.key
        return kind.key_text(node[1])


def _edges(table: Table, name: str, catalog: Catalog, dialect: DialectName) -> Edges | None:
    """The edges of a table's relation; None where it declares none of this name."""
    relation = table.manifest.relation(name)
    if relation is None:
        return None
    if len(table.manifest.primary_key) > 1:
        raise Invalid(f"the key of `{table.id}` has several columns: walks need a key of one")
    own = table.manifest.primary_key[0]
    if relation.via is not None:
        return _via(table, relation, catalog, dialect)
    kind = table.manifest.types[relation.column]
    key = _target_key(relation, kind, table, catalog)
    near = End(str(table.id), _in(table, own), table.manifest.types[own], table.manifest.types[own], dialect)
    weight = _in(table, relation.weight_column) if relation.weight_column else None
    if kind is JSON:
        return _arrays(table, relation, key, near, weight)
    far = End(str(relation.target), _in(table, relation.column), kind, key, dialect)
    return Edges(table.physical, near, far, weight, both_ways=True)


def _arrays(table: Table, relation: Relation, key: ColumnType, near: End, weight: str | None) -> Edges:
    source, element = elements(_in(table, relation.column), Writing(near.dialect))
    sql = key_of(element, key, near.dialect) or "NULL"
    far = End(str(relation.target), sql, key, key, near.dialect, loose=True)
    return Edges(f"{table.physical} CROSS JOIN {source}", near, far, weight, both_ways=False)


def _via(table: Table, relation: Relation, catalog: Catalog, dialect: DialectName) -> Edges:
    via = catalog.table(str(relation.via))
    names = (relation.column, relation.to_column or "", relation.weight_column)
    for name in filter(None, names):
        if name not in via.manifest.types:
            raise Invalid(f"relation `{relation.name}`: `{via.id}` has no column `{name}`", column=name)
    kinds = via.manifest.types
    if relation.weight_column and not kinds[relation.weight_column].is_number:
        message = f"relation `{relation.name}`: column `{relation.weight_column}` is not of a type of numbers"
        raise Invalid(message, column=relation.weight_column)
    key = _target_key(relation, kinds[names[1]], via, catalog)
    near_key = own_key(relation, kinds[names[0]], via, table)
    near = End(str(table.id), _in(via, names[0]), kinds[names[0]], near_key, dialect)
    far = End(str(relation.target), _in(via, names[1]), kinds[names[1]], key, dialect)
    weight = _in(via, relation.weight_column) if relation.weight_column else None
    return Edges(via.physical, near, far, weight, both_ways=True)


def _in(table: Table, column: str) -> str:
    return f"{table.physical}.{quoted(column)}"


def _target_key(relation: Relation, held: ColumnType, holder: Table, catalog: Catalog) -> ColumnType:
    """The type of the target's key; of one that is not declared yet, that of the column which leads there."""
    return target_key(relation, held, holder, catalog) or (STR if held is JSON else held)


def _as(wanted: ColumnType, value: Key) -> Key | None:
    """The value of a type that equals this one of another; None where there is none."""
    if isinstance(value, float) and value.is_integer() and wanted.sqlite.declared == "INTEGER":
        value = int(value)
    try:
        read = wanted.reads(value)
    except Unfit:
        return None
    return read if read == value else None


def _no_relation(name: str, table: Table) -> NotFound:
    guess = nearest(name, [relation.name for relation in table.manifest.relations])
    hint = f": did you mean `{guess}`?" if guess else ""
    return NotFound(f"`{table.id}` declares no relation {shown(name)}{hint}", relation=name[:200])
