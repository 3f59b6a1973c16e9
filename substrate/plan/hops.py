"""RelationHop: from rows to those that a relation leads to, or from which it leads here. Each row comes once.

The rows at the other end are those whose key, or whose column with a key, is in a subquery:

    forward         target's key IN (the child's column)
    forward, via    target's key IN (via's to_column where via's column is IN (the child's key))
    reverse         declaring table's column IN (the child's key)
    reverse, via    declaring table's key IN (via's column where via's to_column is IN (the child's key))

A `json` column holds an array of keys; then the keys in the array stand for the column. Texts with uuids or dates are
compared by their texts, as walks do. A relation between types that are never equal is refused: where its target was
declared after it, nothing has said so before.
"""

from dataclasses import dataclass, replace

from substrate.catalog import Catalog, Table
from substrate.columns import JSON, STR
from substrate.engine import DialectName
from substrate.errors import Invalid, NotFound, nearest, shown
from substrate.manifest import Relation
from substrate.plan.binding import Sql
from substrate.plan.conditions import equated
from substrate.plan.json_keys import elements, key_of
from substrate.plan.leading import refuse_dead_ends
from substrate.plan.places import invalid, placed
from substrate.plan.select import Column, Select, Writing, around
from substrate.plan.tables import rows_of, table_named
from substrate.plan.tree import RelationHop
from substrate.sql.checked import WRITERS


def hop(node: RelationHop, child: Select, catalog: Catalog, writing: Writing) -> Select:
    """The rows at the other end, in the order of their key."""
    declaring, relation = _declared(node, child, catalog)
    target = table_named(catalog, str(relation.target), node.place)
    try:
        refuse_dead_ends(declaring, [relation], catalog)
    except Invalid as refusal:
        raise placed(refusal, node.place) from None
    child = around(child, writing) if child.grouped else child
    crossing = _Crossing(node, child, declaring, relation, target, catalog, writing)
    return crossing.backward() if node.reverse else crossing.forward()


@dataclass(frozen=True, slots=True)
class _Crossing:
    """One relation, crossed one way."""

    node: RelationHop
    child: Select
    declaring: Table
    relation: Relation
    target: Table
    catalog: Catalog
    writing: Writing

    def forward(self) -> Select:
        """The rows of the target whose keys the child's rows hold."""
        rows, key = self._rows(self.target, self._target_key())
        if self.relation.via is not None:
            own = self._childs(self.declaring, self._own_key())
            return self._within(rows, key, *self._edges(self.relation.column, own, self.relation.to_column))
        held = self._childs(self.declaring, self.relation.column)
        if held.type is not JSON:
            return self._within(rows, key, self.child, held)
        return self._within(rows, key, *self._unnested(key))

    def backward(self) -> Select:
        """The rows of the declaring table that hold keys of the child's rows."""
        key = self._childs(self.target, self._target_key())
        if self.relation.via is not None:
            rows, own = self._rows(self.declaring, self._own_key())
            return self._within(rows, own, *self._edges(self.relation.to_column, key, self.relation.column))
        rows, held = self._rows(self.declaring, self.relation.column)
        if held.type is not JSON:
            return self._within(rows, held, self.child, key)
        source, element = elements(held.sql, self.writing)
        made = self._key_in(element, key)
        array = Select(Sql(source), (made,), frozenset())
        found = self._within(array, made, self.child, key).sql(ordered=False)
        return rows.narrowed(Sql(f"EXISTS ({found.text})", found.binds))

    def _within(self, rows: Select, column: Column, inner: Select, wanted: Column) -> Select:
        """Those rows whose column is among the wanted ones of the inner rows."""
        dialect = self.writing.dialect
        pair = equated(column, wanted, dialect) or (_text(column, dialect), _text(wanted, dialect))
        values = replace(inner, columns=(replace(wanted, sql=pair[1]),)).sql(ordered=False)
        return rows.narrowed(Sql(f"{pair[0]} IN ({values.text})", values.binds))

    def _edges(self, near: str | None, key: Column, far: str | None) -> tuple[Select, Column]:
        """The rows of `via` whose near column is among the child's keys, and their far column."""
        via = table_named(self.catalog, str(self.relation.via), self.node.place)
        edges = rows_of(via, self.writing)
        ends = [edges.column(name or "", self.node.place) for name in (near, far)]
        return self._within(edges, ends[0], self.child, key), ends[1]

    def _unnested(self, key: Column) -> tuple[Select, Column]:
        """The child's rows, once for each key in their arrays, and that key."""
        child = around(self.child, self.writing) if self.child.limit else self.child
        held = self._childs(self.declaring, self.relation.column, child)
        source, element = elements(held.sql, self.writing)
        text = Sql(f"{child.source.text} CROSS JOIN {source}", child.source.binds)
        return replace(child, source=text), self._key_in(element, key)

    def _key_in(self, element: str, key: Column) -> Column:
        sql = key_of(element, key.type, self.writing.dialect)
        assert sql is not None  # a relation to other keys has been refused
        return Column("", sql, key.type)

    def _rows(self, table: Table, name: str) -> tuple[Select, Column]:
        rows = rows_of(table, self.writing)
        return rows, rows.column(name, self.node.place)

    def _target_key(self) -> str:
        return self.target.manifest.primary_key[0]

    def _own_key(self) -> str:
        return self.declaring.manifest.primary_key[0]

    def _childs(self, table: Table, name: str, child: Select | None = None) -> Column:
        """The child's column that comes from this one of a table."""
        found = {c.sql: c for c in (child or self.child).columns if c.source == (str(table.id), name)}
        if len(found) == 1:
            return next(iter(found.values()))
        problem = "several columns that are" if found else "no column that is"
        raise invalid(f"the child has {problem} {shown(name)} of `{table.id}`", self.node.place, column=name)


def _text(column: Column, dialect: DialectName) -> str:
    """A text, uuid or date as the text that a column of texts has for it."""
    if column.type is STR:
        return column.sql
    return WRITERS[dialect].operators[f"{column.type.name}_to_str"].format(column.sql)


def _declared(node: RelationHop, child: Select, catalog: Catalog) -> tuple[Table, Relation]:
    """The relation that a hop means, and the table that declares it. Raises NotFound, Invalid."""
    tables = [table_named(catalog, node.schema, node.place)] if node.schema else _candidates(node, child, catalog)
    found = [(table, relation) for table in tables if (relation := table.manifest.relation(node.relation))]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"`{table.id}`" for table, _ in found)
        raise invalid(f"relation {shown(node.relation)} is declared by {names}: say which by `schema`", node.place)
    guess = nearest(node.relation, [relation.name for table in tables for relation in table.manifest.relations])
    hint = f": did you mean `{guess}`?" if guess else ""
    raise placed(NotFound(f"there is no relation {shown(node.relation)} here{hint}"), node.place)


def _candidates(node: RelationHop, child: Select, catalog: Catalog) -> list[Table]:
    """The tables that may declare the relation: those of the child, or with `reverse` those that lead to them."""
    sources = {column.source[0] for column in child.columns if column.source}
    if not node.reverse:
        return [catalog.tables[name] for name in sorted(sources)]
    tables = (catalog.tables[name] for name in sorted(catalog.tables))
    return [t for t in tables if any(str(r.target) in sources for r in t.manifest.relations if r.name == node.relation)]
