"""A SELECT as it grows from the leaf of a plan upwards.

Each operator adds to the SELECT below it where SQL allows that, and else to a SELECT around it (`around`). Columns of
answers have any names; in statements they have their own, or `c1`, `c2` where a subquery gives them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Self

from substrate.columns import ColumnType
from substrate.engine import DialectName
from substrate.errors import shown
from substrate.plan.binding import Sql, listed
from substrate.plan.places import invalid, not_known

MAX_COLUMNS = 1_600
"""How many columns a row between operators may have; PostgreSQL ends at 1,664, SQLite at 2,000."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of rows. `bare` is its name without `alias`; `source` the table and column that it comes from."""

    name: str
    sql: str
    type: ColumnType
    nullable: bool = True
    bare: str = ""
    alias: str | None = None
    source: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are in order by."""

    sql: str
    nullable: bool
    descending: bool = False

    @property
    def text(self) -> str:
        """As ORDER BY has it. NULLS LAST keeps an index from being used, so it stands only where needed."""
        return f"{self.sql}{' DESC' * self.descending}{' NULLS LAST' * self.nullable}"


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT. `chosen` says that its order was asked for; `grouped` that its columns are of groups."""

    source: Sql
    columns: tuple[Column, ...]
    aliases: frozenset[str]
    where: tuple[Sql, ...] = ()
    grouped: bool = False
    group: tuple[str, ...] = ()
    order: tuple[Key, ...] = ()
    chosen: bool = False
    limit: Sql | None = None

    def column(self, name: str, place: str) -> Column:
        """The column of this name, or with this alias before its name. Raises Invalid."""
        exact = [column for column in self.columns if column.name == name]
        found = exact or [c for c in self.columns if c.alias and f"{c.alias}.{c.bare}" == name]
        if len(found) == 1:
            return found[0]
        known = [column.name for column in self.columns]
        like = [column.name for column in self.columns if column.bare == name]
        if not found and len(like) > 1:
            choice = " or ".join(shown(option) for option in like)
            raise invalid(f"{shown(name)} could be {choice}", place, column=name)
        raise not_known(name, "a column here", known, place, column=name)

    @property
    def plain(self) -> bool:
        """Whether it is its FROM and nothing else."""
        return not self.where and not self.grouped and self.limit is None

    def narrowed(self, condition: Sql) -> "Select":
        """The same with one more condition."""
        return replace(self, where=(*self.where, condition))

    def sql(self, *, names: Sequence[str] = (), hidden: Sequence[str] = (), ordered: bool = True) -> Sql:
        """The whole statement. With `names` its columns have these, followed by `hidden` expressions `o1`, ..."""
        items = [column.sql for column in self.columns]
        if names:
            items = [f"{sql} AS {name}" for sql, name in zip(items, names, strict=True)]
        items += [f"{sql} AS o{number}" for number, sql in enumerate(hidden, 1)]
        text = f"SELECT {', '.join(items)} FROM {self.source.text}"
        if self.where:
            text += f" WHERE {' AND '.join(piece.text for piece in self.where)}"
        if self.group:
            text += f" GROUP BY {', '.join(self.group)}"
        if self.order and (ordered or self.limit):
            text += f" ORDER BY {', '.join(key.text for key in self.order)}"
        limit = self.limit or Sql("")
        return Sql(text + limit.text, self.source.binds + listed(self.where) + limit.binds)


@dataclass(slots=True)
class Writing:
    """What is the same all over one statement: its engine, how operands read, and the numbers of its aliases."""

    dialect: DialectName
    coerce: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def alias(self) -> str:
        """A name for a table or subquery, not used before."""
        return f"a{next(self.numbers)}"


def around(inner: Select, writing: Writing) -> Select:
    """A SELECT of all that another one gives, in the same order."""
    handed = Handed.by(inner)
    sql = handed.sql(ordered=False)
    return handed.given(Sql(f"({sql.text})", sql.binds), writing)


@dataclass(frozen=True, slots=True)
class Handed:
    """What a SELECT hands to one outside: its columns as `c1`, `c2`, and as `o1`, `o2` what else its order needs."""

    inner: Select
    names: tuple[str, ...]
    hidden: tuple[str, ...]
    order: tuple[Key, ...]

    @classmethod
    def by(cls, inner: Select) -> Self:
        """What this SELECT hands out; the keys of the order are named as they are outside."""
        names = tuple(f"c{number}" for number in range(1, len(inner.columns) + 1))
        outside = {column.sql: name for column, name in zip(inner.columns, names, strict=True)}
        hidden = tuple(key.sql for key in inner.order if key.sql not in outside)
        outside |= {sql: f"o{number}" for number, sql in enumerate(hidden, 1)}
        return cls(inner, names, hidden, tuple(replace(key, sql=outside[key.sql]) for key in inner.order))

    def sql(self, *, ordered: bool) -> Sql:
        """The statement that gives it. Without `ordered`, rows are in order only where a limit needs that."""
        return self.inner.sql(names=self.names, hidden=self.hidden, ordered=ordered)

    def given(self, source: Sql, writing: Writing) -> Select:
        """The SELECT outside, where `source` is a subquery of that statement, or a table that it has filled."""
        alias, inner = writing.alias(), self.inner
        columns = (replace(c, sql=f"{alias}.{name}") for c, name in zip(inner.columns, self.names, strict=True))
        order = tuple(replace(key, sql=f"{alias}.{key.sql}") for key in self.order)
        text = Sql(f"{source.text} AS {alias}", source.binds)
        return Select(text, tuple(columns), inner.aliases, order=order, chosen=inner.chosen)
