"""The leaves of plans: rows of a table, all or those that an index or a predicate finds."""

from substrate.catalog import Catalog, Table
from substrate.errors import Invalid, NotFound, shown
from substrate.plan import places
from substrate.plan.binding import Sql
from substrate.plan.conditions import condition
from substrate.plan.select import Column, Key, Select, Writing
from substrate.plan.tree import Combination, Compare, IndexScan, Predicate, Scan, Slot, Symbol


def table_named(catalog: Catalog, name: str, place: str) -> Table:
    """The table of this name. Raises NotFound."""
    try:
        return catalog.table(name)
    except NotFound as refusal:
        raise places.placed(refusal, place) from None


def rows_of(table: Table, writing: Writing, alias: str | None = None) -> Select:
    """All rows of a table, in the order of its key. `alias` is what a plan calls it, else its own name."""
    physical = writing.alias()
    columns = _columns(table, f"{physical}.", alias or table.id.table)
    by_name = {column.name: column for column in columns}
    order = tuple(Key(by_name[name].sql, nullable=False) for name in table.manifest.primary_key)
    return Select(Sql(f"{table.physical} AS {physical}"), columns, frozenset({alias or table.id.table}), order=order)


def unqualified(table: Table) -> Select:
    """A table as a statement names its columns that changes it."""
    return Select(Sql(table.physical), _columns(table, "", table.id.table), frozenset())


def _columns(table: Table, prefix: str, alias: str) -> tuple[Column, ...]:
    written, schema = table.manifest.by_name, str(table.id)
    return tuple(
        Column(
            name,
            f'{prefix}"{name}"',
            column_type,
            nullable=name not in written or not written[name].required,
            bare=name,
            alias=alias,
            source=(schema, name),
        )
        for name, column_type in table.manifest.types.items()
    )


def scan(node: Scan, catalog: Catalog, writing: Writing) -> Select:
    """The rows of a table, those that fit where the node has a predicate."""
    rows = rows_of(table_named(catalog, node.schema, node.place), writing, node.alias)
    return rows if node.predicate is None else filtered(rows, node.predicate, writing)


def filtered(rows: Select, predicate: Predicate, writing: Writing) -> Select:
    """The rows for which a predicate is true; `rows` must be such that WHERE can be added."""
    return rows.narrowed(condition(predicate, rows, writing))


def index_scan(node: IndexScan, catalog: Catalog, writing: Writing) -> Select:
    """The rows that an index finds; which one does it in the end is the engine's business."""
    table = table_named(catalog, node.schema, node.place)
    rows = rows_of(table, writing, node.alias)
    bounds: list[tuple[Symbol, Slot]] = [] if node.low is None else [(">=", node.low)]
    bounds += [] if node.high is None else [("<=", node.high)]
    wanted, indexed = len(node.values) + bool(bounds), _indexed(node, table)
    columns = indexed[:wanted]
    if len(columns) < wanted:
        message = f"there are values for {wanted} columns, index {shown(node.index or '')} has {len(indexed)}"
        raise places.invalid(message, node.place)
    tests = [Compare(node.place, "=", column, slot) for column, slot in zip(columns, node.values, strict=False)]
    tests += [Compare(node.place, symbol, columns[-1], slot) for symbol, slot in bounds]
    return filtered(rows, Combination("AND", tuple(tests)), writing)


def _indexed(node: IndexScan, table: Table) -> tuple[str, ...]:
    """The columns of the index that the node names, or its own columns where an index begins with them."""
    manifest = table.manifest
    if node.index is not None:
        index = manifest.all_indexes.get(node.index)
        if index is None:
            raise places.not_known(node.index, f"an index of `{table.id}`", manifest.all_indexes, node.place)
        return index.columns
    rows = unqualified(table)
    for name in node.columns:
        rows.column(name, node.place)
    indexes = [manifest.primary_key, *(index.columns for index in manifest.all_indexes.values())]
    indexes += [(column.name,) for column in manifest.columns if column.unique]
    if not any(columns[: len(node.columns)] == node.columns for columns in indexes):
        raise _no_index(node, table)
    return node.columns


def _no_index(node: IndexScan, table: Table) -> Invalid:
    named = ", ".join(shown(name) for name in node.columns)
    hint = "declare one, or use ColumnScan"
    return places.invalid(f"no index of `{table.id}` begins with {named}: {hint}", node.place, column=node.columns[0])
