"""One unit of change on both sides: `Frame` of substrate.interface."""

from collections.abc import Sequence
from typing import Any

from substrate.interface import Call, Frame, Json, JsonRow, Lsn, Registered, Remembered, Written
from substrate.interface.migrations import Record
from substrate.interface.vectors import Vector
from tests.substrate.mirror import alike
from tests.substrate.mirror.lockstep import both
from tests.substrate.mirror.reading import MirrorReading


class MirrorFrame(MirrorReading):
    """See `substrate.interface.Frame`. Every call is made on both sides."""

    def __init__(self, left: Frame, right: Frame) -> None:
        super().__init__(left, right)
        self.lsn: Lsn = both("frame.lsn", lambda: left.lsn, lambda: right.lsn)

    def put(self, table: str, row: JsonRow, *, version: int | None = None, insert: bool = False) -> Written:
        """See the protocol."""
        return self._both(Frame.put)(table, row, version=version, insert=insert)

    def put_many(self, table: str, rows: Sequence[JsonRow], *, insert: bool = False) -> Sequence[Written]:
        """See the protocol."""
        return self._both(Frame.put_many)(table, rows, insert=insert)

    def replace(self, table: str, key: str, row: JsonRow, *, version: int | None = None) -> Written:
        """See the protocol."""
        return self._both(Frame.replace)(table, key, row, version=version)

    def delete(self, table: str, key: str, *, version: int | None = None) -> bool:
        """See the protocol."""
        return self._both(Frame.delete)(table, key, version=version)

    def migrate(self, id: str, table: str, diff: Sequence[Any], actor: str, *, auto_cutover: bool = False) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        return self._both(Frame.migrate)(id, table, diff, actor, auto_cutover=auto_cutover)

    def cut_over(self, id: str, actor: str) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        return self._both(Frame.cut_over)(id, actor)

    def abort(self, id: str, actor: str) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        return self._both(Frame.abort)(id, actor)

    def delete_key(self, table: str, key: Sequence[Json]) -> bool:
        """See the protocol."""
        return self._both(Frame.delete_key)(table, key)

    def update(self, table: str, values: JsonRow, predicate: Json, call: Call | None = None) -> int:
        """See the protocol."""
        return self._both(Frame.update)(table, values, predicate, call)

    def purge(self, table: str, predicate: Json | None, call: Call | None = None) -> int:
        """See the protocol."""
        return self._both(Frame.purge)(table, predicate, call)

    def register(self, text: str) -> Registered:
        """See the protocol."""
        return self._both(Frame.register)(text)

    def drop(self, table: str) -> bool:
        """See the protocol."""
        return self._both(Frame.drop)(table)

    def create_database(self, name: str) -> bool:
        """See the protocol."""
        return self._both(Frame.create_database)(name)

    def delete_database(self, name: str) -> bool:
        """See the protocol."""
        return self._both(Frame.delete_database)(name)

    def execute(self, text: str, params: Sequence[Json] = (), call: Call | None = None) -> Json:
        """See the protocol."""
        return self._both(Frame.execute, alike.statement(text))(text, params, call)

    def text_put(self, table: str, field: str, doc_id: str, text: str) -> None:
        """See the protocol."""
        self._both(Frame.text_put)(table, field, doc_id, text)

    def text_drop(self, table: str, field: str) -> bool:
        """See the protocol."""
        return self._both(Frame.text_drop)(table, field)

    def text_delete(self, table: str, field: str, doc_id: str) -> bool:
        """See the protocol."""
        return self._both(Frame.text_delete)(table, field, doc_id)

    def vector_put(self, table: str, vector: Vector) -> None:
        """See the protocol."""
        self._both(Frame.vector_put)(table, vector)

    def vector_put_many(self, table: str, vectors: Sequence[Vector]) -> None:
        """See the protocol."""
        self._both(Frame.vector_put_many)(table, vectors)

    def vector_delete(self, table: str, ids: Sequence[str]) -> int:
        """See the protocol."""
        return self._both(Frame.vector_delete)(table, ids)

    def vector_drop(self, table: str) -> bool:
        """See the protocol."""
        return self._both(Frame.vector_drop)(table)

    def cache(self, key: str, value: bytes, now: float, seconds: float | None) -> None:
        """See the protocol."""
        self._both(Frame.cache)(key, value, now, seconds)

    def cache_for(self, key: str, now: float, seconds: float) -> bool:
        """See the protocol."""
        return self._both(Frame.cache_for)(key, now, seconds)

    def uncache(self, key: str, now: float) -> bool:
        """See the protocol."""
        return self._both(Frame.uncache)(key, now)

    def remembered(self, key: str) -> Remembered | None:
        """See the protocol."""
        return self._both(Frame.remembered)(key)

    def remember(self, key: str, answer: Remembered) -> None:
        """See the protocol."""
        self._both(Frame.remember)(key, answer)

    def check_quota(self) -> None:
        """See the protocol."""
        self._both(Frame.check_quota)()
