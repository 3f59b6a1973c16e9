"""The rules that hold between the parts of one manifest. A broken rule is Invalid, and names its column."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from substrate import names
from substrate.columns import ENCRYPTED, JSON, UUID, Canonical, ColumnType
from substrate.errors import Invalid, unknown

if TYPE_CHECKING:
    from substrate.manifest.model import Column, Extraction, Manifest, Relation

MAX_COLUMNS = 1_000
"""How many columns a table may have; PostgreSQL ends at 1,600, SQLite at 2,000."""

MAX_INDEX_COLUMNS = 32
"""How many columns a key or an index may have, which is what PostgreSQL can."""

MAX_VERSION = 2**32 - 1
"""The largest version that a manifest can declare."""


def check(manifest: "Manifest") -> None:
    """Raises Invalid at the first rule that a manifest breaks."""
    names.identifier(manifest.id.namespace, "a namespace")
    names.identifier(manifest.id.table, "a table")
    for rule in _RULES:
        rule(manifest)


def _column_names(manifest: "Manifest") -> None:
    declared = [column.name for column in manifest.columns]
    declared += [extraction.name for extraction in manifest.extractions]
    if not manifest.columns:
        raise Invalid(f"`{manifest.id}` has no columns")
    if len(declared) > MAX_COLUMNS:
        raise Invalid(f"a table has at most {MAX_COLUMNS} columns, `{manifest.id}` has {len(declared)}")
    for name in declared:
        names.column(name)
    _distinct(declared, "columns", is_column=True)


def _key(manifest: "Manifest") -> None:
    if not manifest.primary_key:
        raise Invalid(f"`{manifest.id}` has no primary key")
    _index_columns(manifest, manifest.primary_key, "the primary key")
    for name in manifest.primary_key:
        if name not in manifest.by_name:
            raise Invalid(f"column `{name}` is extracted: it cannot be part of the primary key", column=name)


def _columns(manifest: "Manifest") -> None:
    for column in manifest.columns:
        if column.indexed or column.unique:
            _comparable(column.name, column.type, "be indexed or unique")
        if column.generated:
            _generated(manifest, column)
        if column.default is not None:
            _default(column, column.default)


def _generated(manifest: "Manifest", column: "Column") -> None:
    if column.type is not UUID or manifest.primary_key != (column.name,):
        message = f"column `{column.name}`: only a primary key of one `uuid` column can be generated"
        raise Invalid(message, column=column.name)
    if column.default is not None:
        raise Invalid(f"column `{column.name}` is generated: it cannot have a default", column=column.name)


def _default(column: "Column", default: Canonical) -> None:
    flaw = None
    if column.type is ENCRYPTED:
        flaw = "is encrypted: a default would stand in clear in the manifest"
    elif column.type is JSON and _holds_null(column.type.json(default)):
        flaw = "has a default with null inside, which TOML cannot say"
    if flaw:
        raise Invalid(f"column `{column.name}` {flaw}", column=column.name)


def _holds_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_holds_null, value)))


def _extractions(manifest: "Manifest") -> None:
    for extraction in manifest.extractions:
        _extraction(manifest, extraction)


def _extraction(manifest: "Manifest", extraction: "Extraction") -> None:
    name, source = extraction.name, manifest.by_name.get(extraction.source)
    steps = extraction.path.split(".")
    if len(steps) < 2 or not all(steps):
        message = f"extraction `{name}`: expected a path like `column.key`, found `{extraction.path}`"
        raise Invalid(message, column=name)
    if source is None:
        raise unknown(extraction.source, f"a column (path of `{name}`)", manifest.by_name, column=name)
    if source.type is not JSON:
        raise Invalid(f"extraction `{name}`: column `{source.name}` is not of type json", column=name)
    if extraction.type is ENCRYPTED:
        raise Invalid(f"extraction `{name}`: its source keeps in clear what would be encrypted here", column=name)


def _indexes(manifest: "Manifest") -> None:
    for index in manifest.indexes:
        if index.name != index.default_name:
            names.identifier(index.name, "an index")
        _index_columns(manifest, index.columns, f"index `{index.name}`")
    _distinct([index.name for index in manifest.indexes], "indexes")
    implied = {f"idx_{column.name}".lower(): (column.name,) for column in manifest.columns if column.indexed}
    for index in manifest.indexes:
        if implied.get(index.name.lower(), index.columns) != index.columns:
            raise Invalid(f"two indexes are called `{index.name}`: give one of them another name")


def _relations(manifest: "Manifest") -> None:
    _distinct([relation.name for relation in manifest.relations], "relations")
    for relation in manifest.relations:
        names.identifier(relation.name, "a relation")
        _relation(manifest, relation)


def _relation(manifest: "Manifest", relation: "Relation") -> None:
    place = f"relation `{relation.name}`"
    if (relation.via is None) != (relation.to_column is None):
        raise Invalid(f"{place}: `via` and `to_col` go together")
    if relation.via is None:
        _known(manifest, relation.column, place)
        if manifest.types[relation.column] is not JSON:
            _comparable(relation.column, manifest.types[relation.column], "hold keys")
        _weight(manifest, relation, place)
    elif len(manifest.primary_key) != 1:
        raise Invalid(f"{place}: with `via`, the primary key of `{manifest.id}` must have one column")
    for name in filter(None, (relation.column, relation.to_column, relation.weight_column)):
        names.column(name)
    if relation.target == manifest.id:
        _own_key(manifest, relation.target_key, place)


def _weight(manifest: "Manifest", relation: "Relation", place: str) -> None:
    name = relation.weight_column
    if name is not None:
        _known(manifest, name, place)
        if not manifest.types[name].is_number:
            raise Invalid(f"{place}: column `{name}` is not of a type of numbers", column=name)


def _foreign_keys(manifest: "Manifest") -> None:
    for foreign in manifest.foreign_keys:
        place = f"the foreign key of `{foreign.column}`"
        _known(manifest, foreign.column, place)
        _comparable(foreign.column, manifest.types[foreign.column], "be a foreign key")
        if foreign.target == manifest.id:
            _own_key(manifest, foreign.target_key, place)
    if len(set(manifest.foreign_keys)) < len(manifest.foreign_keys):
        raise Invalid("two foreign keys are the same")


def _own_key(manifest: "Manifest", target_key: str | None, place: str) -> None:
    """The one column of this table's key, which is what its own rows can be reached by."""
    if len(manifest.primary_key) != 1:
        raise Invalid(f"{place}: the target's primary key must have one column")
    if target_key not in (None, manifest.primary_key[0]):
        message = f"{place}: the primary key of the target is `{manifest.primary_key[0]}`"
        raise Invalid(message, column=target_key)


def _checks(manifest: "Manifest") -> None:
    _distinct([check.name for check in manifest.checks], "checks")
    for check in manifest.checks:
        names.identifier(check.name, "a check")
        if not check.expression.strip():
            raise Invalid(f"check `{check.name}` has no expression")


def _dialect(manifest: "Manifest") -> None:
    counted = manifest.dialect.value == "S"
    if counted and (manifest.extractions or manifest.foreign_keys or manifest.checks):
        raise Invalid("extractions, foreign keys and checks need the dialect with `namespace` and `table`")
    if counted != (manifest.version is None):
        raise Invalid("a version is declared in the dialect with `namespace` and `table`, and only there")
    if manifest.version is not None and not 0 <= manifest.version <= MAX_VERSION:
        raise Invalid(f"`version`: expected an integer from 0 to {MAX_VERSION}, found {manifest.version}")


def _index_columns(manifest: "Manifest", columns: Sequence[str], place: str) -> None:
    if not 1 <= len(columns) <= MAX_INDEX_COLUMNS:
        raise Invalid(f"{place}: expected 1 to {MAX_INDEX_COLUMNS} columns, found {len(columns)}")
    if len(set(columns)) < len(columns):
        raise Invalid(f"{place} names a column twice", column=columns[0])
    for name in columns:
        _known(manifest, name, place)
        _comparable(name, manifest.types[name], f"be in {place}")


def _known(manifest: "Manifest", name: str, place: str) -> None:
    if name not in manifest.types:
        raise unknown(name, f"a column of `{manifest.id}` ({place})", manifest.types, column=name)


def _comparable(name: str, declared: ColumnType, purpose: str) -> None:
    if declared.order is None:
        message = f"column `{name}` of type {declared.name} is never compared: it cannot {purpose}"
        raise Invalid(message, column=name)


def _distinct(given: Iterable[str], kind: str, *, is_column: bool = False) -> None:
    if pair := names.clash(given):
        same = "have the same name" if pair[0] == pair[1] else "differ in case alone"
        message = f"two {kind} {same}: `{pair[0]}` and `{pair[1]}`"
        raise Invalid(message, column=pair[1]) if is_column else Invalid(message)


_RULES: tuple[Callable[["Manifest"], None], ...] = (
    _column_names,
    _key,
    _columns,
    _extractions,
    _indexes,
    _relations,
    _foreign_keys,
    _checks,
    _dialect,
)
