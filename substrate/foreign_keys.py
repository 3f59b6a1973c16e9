"""Foreign keys: what a frame has written or deleted is looked at when it ends, so that order inside it is free."""

from collections.abc import Iterable, Sequence
from typing import Any

from substrate.catalog import Catalog, Table
from substrate.columns import UNLIKE, Canonical, ColumnType
from substrate.engine import Connection, DialectName, storage
from substrate.errors import Invalid
from substrate.manifest import ForeignKey
from substrate.rows import Canonicals, quoted

_AT_ONCE = 500

_Touched = tuple[str, str, Canonical]
"""(table, foreign key's column or "" for the table's own key, value)"""


class ForeignKeys:
    """The values that one frame has to look at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._touched: list[_Touched] = []

    def written(self, table: Table, values: Canonicals) -> None:
        """A row of the table was written with these values."""
        for key in table.manifest.foreign_keys:
            value = values.get(key.column)
            if value is not None:
                self._touched.append((str(table.id), key.column, value))

    def deleted(self, table: Table, key: Sequence[Canonical]) -> None:
        """The row with this key was deleted."""
        if len(key) == 1:
            self._touched.append((str(table.id), "", key[0]))

    def mark(self) -> int:
        """A place to go `back_to`."""
        return len(self._touched)

    def back_to(self, mark: int) -> None:
        """Forgets what was touched since."""
        del self._touched[mark:]

    def check(self, catalog: Catalog, dialect: DialectName) -> None:
        """Raises Invalid naming the column: a value is no key of its target, or a deleted key is still pointed to."""
        grouped: dict[tuple[str, str], set[Canonical]] = {}
        for name, column, value in self._touched:
            grouped.setdefault((name, column), set()).add(value)
        for (name, column), values in grouped.items():
            table = catalog.tables.get(name)
            if table is None:
                continue
            if column:
                key = next((key for key in table.manifest.foreign_keys if key.column == column), None)
                if key:
                    self._targets_are_there(catalog, dialect, table, key, values)
            else:
                self._nobody_points_to(catalog, dialect, table, values)

    def _targets_are_there(
        self, catalog: Catalog, dialect: DialectName, table: Table, key: ForeignKey, values: Iterable[Canonical]
    ) -> None:
        target = catalog.tables.get(str(key.target))
        kind = table.manifest.types[key.column]
        missing = set(values) - (
            self._present(target, target.manifest.primary_key[0], dialect, kind, values) if target else set()
        )
        if missing:
            shown = table.manifest.types[key.column].json(min(missing, key=repr))
            raise Invalid(f"column `{key.column}`: {shown!r} is no key of `{key.target}`", column=key.column)

    def _nobody_points_to(
        self, catalog: Catalog, dialect: DialectName, table: Table, values: Iterable[Canonical]
    ) -> None:
        kind = table.manifest.key_types[0]
        gone = set(values) - self._present(table, table.manifest.primary_key[0], dialect, kind, values)
        for other in catalog.tables.values():
            for key in other.manifest.foreign_keys:
                if key.target != table.id or not gone:
                    continue
                if pointing := self._present(other, key.column, dialect, kind, gone):
                    shown = kind.json(min(pointing, key=repr))
                    raise Invalid(f"column `{key.column}` of `{other.id}` still points to {shown!r}", column=key.column)

    def _present(
        self, table: Table, column: str, dialect: DialectName, kind: ColumnType, values: Iterable[Canonical]
    ) -> set[Canonical]:
        """Those of the values, which are of this type, that a column holds; it may be of another type."""
        there = table.manifest.types[column]
        kept = storage(there, dialect)
        alike = {value: value if kind is there else there.operand(kind.json(value), column) for value in values}
        bound = [kept.write(value) for value in alike.values() if value is not UNLIKE]
        found: set[Canonical] = set()
        for first in range(0, len(bound), _AT_ONCE):
            some = bound[first : first + _AT_ONCE]
            marks = ", ".join("?" for _ in some)
            statement = f"SELECT DISTINCT {quoted(column)} FROM {table.physical} WHERE {quoted(column)} IN ({marks})"
            rows: list[Any] = self._connection.execute(statement, some)
            found.update(kept.read(value) for (value,) in rows)
        return {value for value, as_there in alike.items() if as_there in found}
