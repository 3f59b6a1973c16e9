"""CSV (RFC 4180): the first row names the columns, every other row is an object of texts."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from oql.formats import FormatError
from oql.values import text_form


def read(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text. Rows without any text are left out; a short row has empty texts at its end."""
    rows = _rows(text.removeprefix("\ufeff"))
    header = next(rows, (0, []))[1]
    repeated = next((name for place, name in enumerate(header) if name in header[:place]), None)
    if repeated is not None:
        raise FormatError(f"two columns are named `{repeated}`", 1)
    return [_row(header, line, fields) for line, fields in rows]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from ((reader.line_num, fields) for fields in reader if any(fields))
    except csv.Error as error:
        raise FormatError(str(error), reader.line_num) from None


def _row(header: list[str], line: int, fields: list[str]) -> dict[str, str]:
    if len(fields) > len(header):
        raise FormatError(f"a row of {len(fields)} values in a table of {len(header)} columns", line)
    return dict(zip(header, [*fields, *[""] * (len(header) - len(fields))], strict=True))


def write(value: Any) -> str:
    """An array of objects as rows under the keys of all of them; an object is one row, null is empty.

    Arrays of arrays are rows as they are, without a header.
    """
    rows = [value] if isinstance(value, dict) else value
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    if _all(rows, list):
        writer.writerows([text_form(field) for field in row] for row in rows)
    elif _all(rows, dict):
        header = list(dict.fromkeys(key for row in rows for key in row))
        writer.writerow(header)
        writer.writerows([text_form(row.get(key)) for key in header] for row in rows)
    else:
        raise FormatError("csv holds an array of objects, or of arrays")
    return written.getvalue()


def _all(rows: Any, kind: type) -> bool:
    return isinstance(rows, list) and all(isinstance(row, kind) for row in rows)
