"""How values travel between Python and PostgreSQL, where psycopg has it otherwise."""

from decimal import Decimal
from functools import cache

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Dumper, PyFormat
from psycopg.types.numeric import (
    Int8BinaryDumper,
    IntNumeric,
    IntNumericBinaryDumper,
    NumericBinaryLoader,
    NumericLoader,
)

_numerics = IntNumericBinaryDumper(IntNumeric)


class _Whole(Int8BinaryDumper):
    """Sends integers as bigint whatever their size, so that a statement is prepared once and not for each size."""

    def get_key(self, obj: int, format: PyFormat) -> type:  # noqa: A002 -- the name in psycopg
        return self.cls if -(2**63) <= obj < 2**63 else IntNumeric

    def upgrade(self, obj: int, format: PyFormat) -> Dumper:  # noqa: A002 -- the name in psycopg
        return self if -(2**63) <= obj < 2**63 else _numerics


class _TextNumber(NumericLoader):
    def load(self, data: Buffer) -> Decimal:
        return _number(super().load(data))


class _BinaryNumber(NumericBinaryLoader):
    def load(self, data: Buffer) -> Decimal:
        return _number(super().load(data))


def _number(value: Decimal) -> Decimal:
    """An integer of a numeric without decimals, such as the sum of integers; else a float."""
    plain: int | float = int(value) if value.as_tuple().exponent == 0 else float(value)
    return plain  # type: ignore[return-value] # psycopg asks nothing of what a loader gives


@cache
def adapters() -> AdaptersMap:
    """Those of psycopg with these changes."""
    changed = AdaptersMap(psycopg.adapters)
    changed.register_dumper(int, _Whole)
    changed.register_loader("numeric", _TextNumber)
    changed.register_loader("numeric", _BinaryNumber)
    return changed
