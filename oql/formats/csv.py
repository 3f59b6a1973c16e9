"""CSV (RFC 4180): the first row names the columns, every other row is an object of texts."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from oql.formats import Claim, FormatError
from oql.values import json_weight, text_form

_BYTES_PER_CELL = 110
_BYTES_PER_ROW = 200
_BYTES_PER_WRITTEN_CELL = 20


def read(text: str, claim: Claim) -> list[dict[str, str]]:
    """The rows of a CSV text. Rows without any text are left out; a short row lacks its last columns."""
    rows = max(text.count("\n"), text.count("\r")) + 1
    claim(len(text) + _BYTES_PER_CELL * (text.count(",") + rows) + _BYTES_PER_ROW * rows)
    lines = _lines(text.removeprefix("\ufeff"))
    header = next(lines, (0, []))[1]
    names = set[str]()
    for name in header:
        if name in names:
            raise FormatError(f"two columns are named `{name}`", 1)
        names.add(name)
    return [_row(header, number, fields) for number, fields in lines]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from ((reader.line_num, fields) for fields in reader if any(fields))
    except csv.Error as error:
        raise FormatError(str(error), reader.line_num) from None


def _row(header: list[str], line: int, fields: list[str]) -> dict[str, str]:
    if len(fields) > len(header):
        raise FormatError(f"a row of {len(fields)} values in a table of {len(header)} columns", line)
    return dict(zip(header, fields, strict=False))


def write(value: Any, claim: Claim) -> str:
    """An array of objects as rows under the keys of all of them; an object is one row, null is empty.

    Arrays of arrays are rows as they are, without a header.
    """
    rows = [value] if isinstance(value, dict) else value
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    if _all(rows, list):
        claim(2 * json_weight(rows))
        writer.writerows([text_form(field) for field in row] for row in rows)
    elif _all(rows, dict):
        header = list(dict.fromkeys(key for row in rows for key in row))
        claim(2 * json_weight(rows) + _BYTES_PER_WRITTEN_CELL * len(rows) * len(header))
        writer.writerow(header)
        writer.writerows([text_form(row.get(key)) for key in header] for row in rows)
    else:
        raise FormatError("csv holds an array of objects, or of arrays")
    return written.getvalue()


def _all(rows: Any, kind: type) -> bool:
    return isinstance(rows, list) and all(isinstance(row, kind) for row in rows)
