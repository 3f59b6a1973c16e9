"""Names in a query: which source and which column each one means. Unquoted names match in any case."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from sqlglot import exp

from substrate.catalog import Catalog
from substrate.errors import Invalid, nearest, shown
from substrate.sql.place import invalid_at, position_of
from substrate.sql.tree import Column, Expr, Query, Type

Kinds = tuple[type | None, ...] | None
"""The Python types of the parameters' values; None before they are known."""


@dataclass
class Statement:
    """What all parts of one statement share: its text, the catalogue, the parameters, and numbers for sources.

    `offset`: how much of the text was put before what the caller has written.
    """

    text: str
    catalog: Catalog
    kinds: Kinds = None
    parameters: int = 0
    tables: int = 0
    offset: int = 0
    depth: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def refused(self, node: exp.Expr, message: str, **detail: object) -> Invalid:
        """The refusal of a node of the tree."""
        return invalid_at(self.text, position_of(node), message, self.offset, **detail)


@dataclass(frozen=True)
class Named:
    """A name in the statement: quoted ones match as they are, others in any case."""

    text: str
    quoted: bool

    @classmethod
    def of(cls, identifier: exp.Expr) -> "Named":
        """The name that an identifier of the tree is. Raises Invalid where the tree has none."""
        if not isinstance(identifier, exp.Identifier):
            raise Invalid("expected a name")
        return cls(identifier.name, bool(identifier.args.get("quoted")))

    def means(self, other: "Named") -> bool:
        """Whether both are names of the same."""
        if self.quoted and other.quoted:
            return self.text == other.text
        return self.text.lower() == other.text.lower()

    def finds(self, declared: str) -> bool:
        """Whether this names what is declared under that name."""
        return self.text == declared if self.quoted else self.text.lower() == declared.lower()


@dataclass(frozen=True)
class Qualifier:
    """What stands before a column's name: a source, maybe with its namespace."""

    name: Named
    namespace: Named | None = None

    @classmethod
    def of(cls, statement: Statement, node: exp.Column) -> "Qualifier | None":
        """The qualifier of a column."""
        if node.args.get("catalog") is not None:
            raise statement.refused(node, "expected a column as `column`, `table.column` or `namespace.table.column`")
        table, namespace = node.args.get("table"), node.args.get("db")
        if table is None:
            return None
        return cls(Named.of(table), None if namespace is None else Named.of(namespace))

    @property
    def text(self) -> str:
        """As it was written."""
        return f"{self.namespace.text}.{self.name.text}" if self.namespace else self.name.text


@dataclass(frozen=True)
class Visible:
    """A source as expressions see it: its name, and its columns in order. A table without an alias has a namespace."""

    name: Named | None
    columns: tuple[tuple[str, Expr], ...]
    namespace: str | None = None

    def is_meant(self, qualifier: Qualifier) -> bool:
        """Whether this is the source that a qualifier names."""
        if self.name is None or not qualifier.name.means(self.name):
            return False
        if qualifier.namespace is None:
            return True
        return self.namespace is not None and qualifier.namespace.finds(self.namespace)

    def found(self, column: Named) -> list[Expr]:
        """Its columns of this name."""
        return [expr for name, expr in self.columns if column.finds(name)]


@dataclass(frozen=True)
class Common:
    """A common table: WITH name AS (...)."""

    name: Named
    number: int
    columns: tuple[tuple[str, Type], ...]
    query: Query


@dataclass
class Scope:
    """What one SELECT sees: its own sources, then those of the query around it.

    `merged`: columns of USING, which have no source. `groups`: what it groups by. `loose`: where columns of its own
    stand outside of aggregates; those that are part of a group's key are taken out again.
    """

    statement: Statement
    parent: "Scope | None" = None
    commons: dict[str, Common] = field(default_factory=dict)
    sources: list[Visible] = field(default_factory=list)
    merged: list[tuple[str, Expr]] = field(default_factory=list)
    groups: list[Expr] = field(default_factory=list)
    loose: list[exp.Expr] = field(default_factory=list)
    clause: str = ""
    in_aggregate: bool = False
    reached_out: bool = False
    aggregated: bool = False
    over: bool = False

    @property
    def is_joined(self) -> bool:
        """Whether it has several sources."""
        return len(self.sources) > 1

    def common(self, name: Named) -> Common | None:
        """The common table of this name, here or around."""
        scope: Scope | None = self
        while scope is not None:
            for common in scope.commons.values():
                if name.means(common.name):
                    return common
            scope = scope.parent
        return None

    def source(self, qualifier: Qualifier) -> Visible | None:
        """The own source of this name."""
        return next((each for each in self.sources if each.is_meant(qualifier)), None)

    def column(self, node: exp.Column) -> Expr:
        """What a column's name means, here or in the query around."""
        qualifier = Qualifier.of(self.statement, node)
        scope: Scope | None = self
        while scope is not None:
            found = scope._own(node, qualifier)
            if found is not None:
                self._note(scope, node, found)
                return found
            scope = scope.parent
        raise self._unknown(node, qualifier)

    def declared_name(self, name: Named) -> str:
        """The name of a column as it was declared, here or around."""
        for scope in self._around():
            known = (*scope.merged, *(column for source in scope.sources for column in source.columns))
            for declared, _ in known:
                if name.finds(declared):
                    return declared
        return name.text

    def _note(self, owner: "Scope", node: exp.Column, found: Expr) -> None:
        if owner is not self and self.in_aggregate:
            message = "an aggregate cannot use columns of the query around it: compute it there"
            raise self.statement.refused(node, message)
        if not owner.in_aggregate and found not in owner.groups:
            owner.loose.append(node)

    def _own(self, node: exp.Column, qualifier: Qualifier | None) -> Expr | None:
        name = Named.of(node.this)
        if qualifier is not None:
            source = self.source(qualifier)
            if source is None:
                return None
            found = source.found(name)
            if not found:
                raise self._unknown(node, qualifier)
        else:
            found = [expr for declared, expr in self.merged if name.finds(declared)]
            if not found:
                found = [expr for source in self.sources for expr in source.found(name)]
        if len(found) > 1:
            hint = "" if qualifier else ": name its table, too"
            raise self.statement.refused(node, f"{shown(name.text)} is ambiguous{hint}", column=name.text)
        return found[0] if found else None

    def _unknown(self, node: exp.Column, qualifier: Qualifier | None) -> Invalid:
        name = node.name
        if qualifier is not None and not self._known_source(qualifier):
            return self._unknown_source(qualifier, node)
        known = list(self._column_names(qualifier))
        guess = nearest(name, known)
        hint = f": did you mean `{guess}`?" if guess else ""
        place = f" of {shown(qualifier.text)}" if qualifier else ""
        return self.statement.refused(node, f"there is no column {shown(name)}{place}{hint}", column=name[:200])

    def _unknown_source(self, name: Qualifier, node: exp.Expr) -> Invalid:
        known = [each.name.text for scope in self._around() for each in scope.sources if each.name is not None]
        guess = nearest(name.text, known)
        hint = f": did you mean `{guess}`?" if guess else ""
        return self.statement.refused(node, f"there is no table {shown(name.text)} in this query{hint}")

    def unknown_source(self, node: exp.Column) -> Invalid:
        """The refusal of what stands before `.*`."""
        qualifier = Qualifier.of(self.statement, node)
        assert qualifier is not None
        return self._unknown_source(qualifier, node)

    def _known_source(self, name: Qualifier) -> bool:
        return any(scope.source(name) is not None for scope in self._around())

    def _around(self) -> Iterator["Scope"]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def _column_names(self, qualifier: Qualifier | None) -> Iterator[str]:
        for scope in self._around():
            for source in scope.sources:
                if qualifier is None or source.is_meant(qualifier):
                    yield from (name for name, _ in source.columns)


def columns_of(number: int, names: list[str], types: list[Type]) -> tuple[tuple[str, Expr], ...]:
    """The columns of a derived or common table as expressions see them."""
    columns = enumerate(zip(names, types, strict=True), 1)
    return tuple((name, Column(kind, number, place)) for place, (name, kind) in columns)
