"""Statements that fill the shadow of a table: rows behind a key, or rows of some keys, converted on the way.

Where no value changes its type the engine does it all by one statement; else rows come here and go back.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from substrate import json, sql
from substrate.catalog import Table
from substrate.columns import Bound, Canonical, Json, unchanged
from substrate.engine import Params, Values, Violation, storage, to_engine
from substrate.errors import Invalid, shown
from substrate.migrations.plan import Fill, Plan, Source
from substrate.reading import ReadingHere
from substrate.rows import VERSION, lengths, quoted

CHUNK = 1_000
Key = list[Canonical]
Move: TypeAlias = tuple[int, Callable[[Bound | None], Bound | None] | None]


class Unconvertible(Exception):
    """A row that the new table cannot hold; the message says which and why."""


class Shadow:
    """The shadow of a table in one frame. `new` is the table as it will be, kept where the shadow is."""

    def __init__(self, frame: ReadingHere, old: Table, new: Table, plan: Plan) -> None:
        self._frame = frame
        self._connection = frame.connection
        self._dialect = frame.dialect
        self._plan = plan
        self._old, self._new = old, new
        self._writer = frame.around.writer(old)
        self._key = ", ".join(map(quoted, old.manifest.primary_key))
        self._is_key = " AND ".join(f"{quoted(name)} = ?" for name in old.manifest.primary_key)
        self._marks = ", ".join("?" for _ in old.manifest.primary_key)

    # a chunk

    def copy_behind(self, place: str | None, rows: int = CHUNK) -> tuple[str | None, int]:
        """Copies so many of the rows behind a key; the last key that was copied, and how many rows.

        None: there are no more.
        """
        behind, params = self._behind(place)
        last = self._connection.execute(
            f"SELECT {self._key} FROM {self._old.physical}{_where(behind)}"
            f" ORDER BY {self._key} LIMIT 1 OFFSET {rows - 1}",
            params,
        )
        if last:
            behind = [*behind, f"({self._key}) <= ({self._marks})"]
            params = [*params, *last[0]]
        count = self._copy(_where(behind), params)
        return (self._place(last[0]) if last else None), count

    def _behind(self, place: str | None) -> tuple[list[str], list[Bound | None]]:
        if place is None:
            return [], []
        return [f"({self._key}) > ({self._marks})"], list(self._bound(json.loads(place)))

    def _place(self, key: Values) -> str:
        types, names = self._old.manifest.types, self._old.manifest.primary_key
        shown_key = [
            types[name].json(storage(types[name], self._dialect).read(value))
            for name, value in zip(names, key, strict=True)
        ]
        return json.dumps(shown_key).decode()

    def _bound(self, key: Sequence[Json]) -> list[Bound]:
        return self._writer.bound_key(self._writer.key_from(key))

    # what was written meanwhile

    def follow(self, keys: Iterable[list[Json]], place: str | None, *, whole: bool) -> None:
        """Brings the rows of these keys up to date. `place`: those behind it are left for later, unless `whole`."""
        canonical = [self._writer.key_from(key) for key in keys]
        if not whole:
            canonical = self._copied(canonical, place)
        if not canonical:
            return
        self._delete(canonical)
        self._copy_each(f" WHERE {self._is_key}", [self._writer.bound_key(key) for key in canonical])
        self._connection.many(
            "INSERT INTO _oc_gone (number, key, version)"
            f" SELECT {self._new.number}, {self._cast('TEXT')}, version FROM _oc_gone"
            f" WHERE number = {self._old.number} AND key = ?"
            " ON CONFLICT (number, key) DO UPDATE SET version = excluded.version RETURNING 1",
            [[self._gone_key(key), self._writer.key_text(key)] for key in canonical],
        )

    def _copied(self, keys: Sequence[Key], place: str | None) -> list[Key]:
        """Those of the keys that are not behind a place. Values of keys have the same order here as in the engines."""
        if place is None:
            return []
        last: Any = self._bound(json.loads(place))
        return [key for key in keys if self._writer.bound_key(key) <= last]

    def _delete(self, keys: Sequence[Key]) -> None:
        names = self._new.manifest.primary_key
        types = self._new.manifest.types
        condition = " AND ".join(f"{quoted(name)} = ?" for name in names)
        bound = []
        for key in keys:
            try:
                made = self._plan.new_key(key, self._old.manifest)
            except Invalid:
                continue  # it was never copied; where it is still there, copying it says what is wrong
            bound.append([storage(types[name], self._dialect).write(v) for name, v in zip(names, made, strict=True)])
        self._connection.many(f"DELETE FROM {self._new.physical} WHERE {condition} RETURNING 1", bound)

    # what deleted rows have left

    def copy_gone(self, place: str | None) -> str | None:
        """Copies the next last versions of deleted rows; the last key, None where there are no more."""
        behind = "" if place is None else " AND key > ?"
        found: list[Any] = self._connection.execute(
            f"SELECT key, version FROM _oc_gone WHERE number = {self._old.number}{behind} ORDER BY key LIMIT {CHUNK}",
            () if place is None else (place,),
        )
        self._connection.many(
            f"INSERT INTO _oc_gone (number, key, version) VALUES ({self._new.number}, ?, ?)"
            " ON CONFLICT (number, key) DO UPDATE SET version = excluded.version RETURNING 1",
            [(self._gone_text(key), version) for key, version in found],
        )
        return found[-1][0] if len(found) == CHUNK else None

    def _gone_text(self, text: str) -> str:
        if not any(self._plan.sources[name].converts for name in self._new.manifest.primary_key):
            return text
        names = self._old.manifest.primary_key
        types = self._old.manifest.types
        key = [types[names[0]].key(text, names[0])] if len(names) == 1 else self._writer.key_from(json.loads(text))
        return self._gone_key(key)

    def _gone_key(self, key: Key) -> str:
        """The text of a key in the new table; one that cannot be a key there keeps its own, which no row has."""
        try:
            made = self._plan.new_key(key, self._old.manifest)
        except Invalid:
            return self._writer.key_text(key)
        return self._frame.around.writer(self._new).key_text(made)

    # copying

    def _copy(self, where: str, params: Params) -> int:
        if self._plan.converts:
            rows = self._connection.execute(self._selected() + where, params)
            self._insert(rows)
            return len(rows)
        self._look_for_nulls(where, params)
        self._look_for_long(where, params)
        statement, fills = self._moving()
        order = f" ORDER BY {self._key}"
        try:
            [(count,)] = self._counted(f"{statement}{where}{order}", [*fills, *params])
        except Violation as error:
            raise self._not_unique(error) from None
        return int(count)  # type: ignore[arg-type] # a number

    def _counted(self, statement: str, params: Params) -> list[Values]:
        if self._dialect == "postgres":
            return self._connection.execute(f"WITH made AS ({statement} RETURNING 1) SELECT count(*) FROM made", params)
        self._connection.execute(statement, params)
        return self._connection.execute("SELECT changes()")

    def _copy_each(self, where: str, wanted: Sequence[Params]) -> None:
        if self._plan.converts:
            rows = [row for params in wanted for row in self._connection.execute(self._selected() + where, params)]
            self._insert(rows)
            return
        for params in wanted if self._strict() else ():
            self._look_for_nulls(where, params)
            self._look_for_long(where, params)
        statement, fills = self._moving()
        try:
            self._connection.many(f"{statement}{where} RETURNING 1", [[*fills, *params] for params in wanted])
        except Violation as error:
            raise self._not_unique(error) from None

    def _moving(self) -> tuple[str, list[Bound]]:
        """The statement that copies rows inside the engine, up to its WHERE, and its values."""
        fills: list[Bound] = []
        made = [self._expression(name, source, fills) for name, source in self._plan.sources.items()]
        names = ", ".join(map(quoted, self._plan.sources))
        return (
            f"INSERT INTO {self._new.physical} ({names}, {VERSION})"
            f" SELECT {', '.join(made)}, {VERSION} FROM {self._old.physical}"
        ), fills

    def _expression(self, name: str, source: Source, fills: list[Bound]) -> str:
        kind = self._new.manifest.types[name]
        made = "NULL" if source.column is None else quoted(source.column)
        for step in source.steps:
            assert isinstance(step, Fill), "what converts is not done by the engine"
            fills.append(to_engine(kind, self._dialect, self._frame.around.shared.cipher)(step.value))
            declared = storage(kind, self._dialect).declared.partition(" COLLATE")[0]
            made = f"coalesce({made}, {self._cast(declared)})"
        return made

    def _cast(self, declared: str) -> str:
        """A value whose type PostgreSQL has to be told where nothing around it says so."""
        return f"CAST(? AS {declared})" if self._dialect == "postgres" else "?"

    # rows that come here

    def _selected(self) -> str:
        names = ", ".join(map(quoted, self._old.manifest.types))
        return f"SELECT {names}, {VERSION} FROM {self._old.physical}"

    def _insert(self, rows: Sequence[Values]) -> None:
        moves = self._moves()
        try:
            made = [[row[at] if move is None else move(row[at]) for at, move in moves] for row in rows]
        except Invalid:
            raise self._refused(rows, moves) from None
        names = ", ".join(map(quoted, self._plan.sources))
        marks = ", ".join("?" for _ in range(len(self._plan.sources) + 1))
        conditions = self._conditions()
        try:
            outcomes = self._connection.many(
                f"INSERT INTO {self._new.physical} ({names}, {VERSION}) VALUES ({marks}) RETURNING {conditions}", made
            )
        except Violation as error:
            raise self._not_unique(error) from None
        checks = [check.name for check in self._new.manifest.checks]
        for row, outcome in zip(rows, outcomes, strict=True):
            for name, held in zip(checks, outcome[1:], strict=True):
                if held is not None and not held:
                    raise Unconvertible(f"the row {self._named(row)} breaks the check `{name}`")

    def _moves(self) -> list[Move]:
        """For each new column the place of the old value in a row, and what makes the new one of it (None: nothing).

        The last one is the row's version.
        """
        places = {name: at for at, name in enumerate(self._old.manifest.types)}
        long, now_required = self._lengths(), self._now_required()
        moves: list[Move] = []
        for name, source in self._plan.sources.items():
            at = places.get(source.column or "", 0)
            plain = not source.steps and source.column is not None and name not in long and name not in now_required
            moves.append((at, None if plain else self._move(name, source, long.get(name))))
        return [*moves, (len(places), None)]

    def _move(self, name: str, source: Source, most: int | None) -> Callable[[Bound | None], Bound | None]:
        """What makes a new value of an old one, both as the engine has them."""
        cipher = self._frame.around.shared.cipher
        write = to_engine(self._new.manifest.types[name], self._dialect, cipher)
        old = None if source.column is None else self._old.manifest.types[source.column]
        read: Any = unchanged if old is None else storage(old, self._dialect).read
        column = self._new.manifest.by_name.get(name)
        required = column is not None and column.required

        def move(held: Bound | None) -> Bound | None:
            value = None if held is None or old is None else cipher.decrypt(read(held)) if old.secret else read(held)
            value = source.value(value)
            if value is None:
                if required:
                    raise Invalid(f"column `{name}` is required, and null here", column=name)
                return None
            if most is not None and isinstance(value, (str, bytes)) and len(_bytes(value)) > most:
                raise Invalid(f"column `{name}` is in an index: expected at most {most:,} bytes", column=name)
            return write(value)

        return move

    def _refused(self, rows: Sequence[Values], moves: Sequence[Move]) -> Unconvertible:
        """The refusal of the first of the rows that cannot be converted."""
        for row in rows:
            try:
                for at, move in moves:
                    if move is not None:
                        move(row[at])
            except Invalid as refusal:
                return Unconvertible(f"the row {self._named(row)}: {refusal.message}")
        raise AssertionError("one of the rows was refused")

    def _conditions(self) -> str:
        manifest = self._new.manifest
        return ", ".join(["1", *(f"({sql.condition(c.expression, manifest, self._dialect)})" for c in manifest.checks)])

    # what the new table does not take

    def _strict(self) -> bool:
        """Whether the new table refuses rows that the old one takes."""
        return bool(self._now_required() or self._lengths())

    def _now_required(self) -> dict[str, str]:
        """Columns that must not be null any more, and what the engine has for them, which may be null."""
        old, found = self._old.manifest.by_name, dict[str, str]()
        for column in self._new.manifest.columns:
            source = self._plan.sources[column.name]
            if column.required and not source.steps and (source.column is None or not old[source.column].required):
                found[column.name] = "NULL" if source.column is None else quoted(source.column)
        return found

    def _look_for_nulls(self, where: str, params: Params) -> None:
        for name, held in self._now_required().items():
            self._refuse(f"{held} IS NULL", where, params, f"column `{name}` is required, and null here")

    def _lengths(self) -> dict[str, int]:
        """How long texts and bytes may be that were not in an index before, or in a narrower one."""
        before = dict(lengths(self._old))
        return {
            name: most
            for name, most in lengths(self._new)
            if most < before.get(self._plan.sources[name].column or "", most + 1)
        }

    def _look_for_long(self, where: str, params: Params) -> None:
        for name, most in self._lengths().items():
            column = self._plan.sources[name].column
            if column is not None:
                size = "octet_length({})" if self._dialect == "postgres" else "length(CAST({} AS BLOB))"
                length = size.format(quoted(column))
                message = f"column `{name}` is in an index: expected at most {most:,} bytes"
                self._refuse(f"{length} > {most}", where, params, message)

    def _refuse(self, condition: str, where: str, params: Params, message: str) -> None:
        both = f"{where} AND {condition}" if where else f" WHERE {condition}"
        found = self._connection.execute(f"{self._selected()}{both} LIMIT 1", params)
        if found:
            raise Unconvertible(f"the row {self._named(found[0])}: {message}")

    def _not_unique(self, error: Violation) -> Unconvertible:
        return Unconvertible(f"column `{error.columns[0]}`: two rows have the same value there, which must be unique")

    def _named(self, row: Values) -> str:
        """The key of an old row as messages show it."""
        key = self._writer.canonical_key(row)
        return shown(self._writer.key_text(key))


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
