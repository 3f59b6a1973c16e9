"""A store that asks every question of two others, and fails at the first difference in what they say.

MirrorStore -> MirrorNamespace -> MirrorFrame        one file each, with the protocols' own calls
                             \\-> MirrorReading
lockstep    one call on both sides, Difference       alike       what may differ
"""

from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from substrate.interface import Cell, ControlDatabase, Row, Store, Transaction
from tests.substrate.mirror import alike
from tests.substrate.mirror.lockstep import both, same_keys
from tests.substrate.mirror.namespace import MirrorNamespace, entered


class MirrorStore:
    """See `substrate.interface.Store`: that of SQLite files on the left, that of PostgreSQL on the right."""

    def __init__(self, left: Store, right: Store) -> None:
        self.left = left
        self.right = right
        self._writers = ThreadPoolExecutor(2, "mirror")
        self._open = ExitStack()
        self._open.enter_context(same_keys())

    def namespace(self, name: str) -> MirrorNamespace:
        """See the protocol."""
        found: list[Any] = []
        both(f"namespace({name!r})", *(lambda s=s: found.append(s.namespace(name)) for s in (self.left, self.right)))
        return MirrorNamespace(found[0], found[1], self._writers)

    def exists(self, name: str) -> bool:
        """See the protocol."""
        return bool(both(f"exists({name!r})", lambda: self.left.exists(name), lambda: self.right.exists(name)))

    def create(self, name: str) -> bool:
        """See the protocol."""
        return bool(both(f"create({name!r})", lambda: self.left.create(name), lambda: self.right.create(name)))

    def delete(self, name: str) -> bool:
        """See the protocol."""
        return bool(both(f"delete({name!r})", lambda: self.left.delete(name), lambda: self.right.delete(name)))

    def names(self) -> list[str]:
        """See the protocol."""
        return list(both("names()", self.left.names, self.right.names))

    def control(self, name: str, migrations: Sequence[str] = ()) -> ControlDatabase:
        """See the protocol."""
        return MirrorControl(self.left.control(name, migrations), self.right.control(name, migrations))

    def ready(self) -> None:
        """See the protocol."""
        both("ready()", self.left.ready, self.right.ready)

    def close(self) -> None:
        """See the protocol."""
        self._writers.shutdown()
        self._open.close()
        both("close()", self.left.close, self.right.close)


class MirrorControl:
    """See `substrate.interface.ControlDatabase`."""

    def __init__(self, left: ControlDatabase, right: ControlDatabase) -> None:
        self.left = left
        self.right = right

    def read(self, sql: str, *params: Cell) -> list[Row]:
        """See the protocol."""
        return _rows(sql, params, self.left.read, self.right.read)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """See the protocol."""
        with entered("transaction", self.left.write(), self.right.write()) as (left, right):
            yield _MirrorTransaction(left, right)

    def state(self) -> Hashable:
        """See the protocol."""
        return self.left.state(), self.right.state()

    def close(self) -> None:
        """See the protocol."""
        both("close()", self.left.close, self.right.close)


class _MirrorTransaction:
    def __init__(self, left: Transaction, right: Transaction) -> None:
        self.left = left
        self.right = right

    def execute(self, sql: str, *params: Cell) -> list[Row]:
        """See the protocol."""
        return _rows(sql, params, self.left.execute, self.right.execute)


def _rows(sql: str, params: tuple[Cell, ...], left: Any, right: Any) -> list[Row]:
    view = alike.whole if "ORDER BY" in sql.upper() else alike.in_any_order
    return list(both(f"{sql} {params!r}", lambda: left(sql, *params), lambda: right(sql, *params), view))
