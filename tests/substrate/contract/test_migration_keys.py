"""Migrations by keys of every type, on both back ends: their order tells what was copied from what was not."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from substrate.interface import Frame, Namespace

TABLE = """
id = "d.kept"
primary_key.columns = {key}
columns = [
  {{ name = "a", type = "{kind}" }}, {{ name = "b", type = "i64" }}, {{ name = "text", type = "str" }}
]
"""
KEYS: dict[str, list[Any]] = {
    "str": ["a", "Z", "é", "10", "9", "zz", "\U0001f600", "\uffff", "z"],
    "i64": [5, -3, 0, 10, 9, 2**62, -(2**62), 100, 99],
    "f64": [1.5, -0.5, 0.0, 10.25, 9.0, 1e300, -1e300, 1e-300, 2.0],
    "bytes": ["AA==", "/w==", "AAE=", "fw==", "gA==", "AP8=", "/wA=", "YQ==", "YWE="],
    "timestamp": [f"{year}-03-01T00:00:00Z" for year in (1969, 2026, 1904, 1970, 2000, 9999, 1800, 1999, 2100)],
    "date": [f"{year}-03-01" for year in (1969, 2026, 1904, 1970, 2000, 9999, 1800, 1999, 2100)],
    "uuid": [f"{digit}0000000-0000-4000-8000-000000000000" for digit in "a1f90c5bd"],
}


@pytest.mark.parametrize("pair", [False, True], ids=["alone", "before another"])
@pytest.mark.parametrize("kind", KEYS)
def test_rows_written_between_chunks(
    people: Namespace, monkeypatch: pytest.MonkeyPatch, kind: str, *, pair: bool
) -> None:
    monkeypatch.setattr("substrate.migrations.pace.CHUNK", 4)  # what a turn copies,
    monkeypatch.setattr("substrate.migrations.steps.CHUNK", 2)  # in two chunks
    monkeypatch.setattr("substrate.migrations.steps.LONG_SECONDS", 60)
    people.write(lambda frame: frame.register(TABLE.format(kind=kind, key='["a", "b"]' if pair else '["a"]')))
    rows = [{"a": key, "b": n % 2 if pair else n, "text": "early"} for n, key in enumerate(KEYS[kind])]
    rows += [{**row, "b": 2} for row in rows[:3]] if pair else []
    people.write(partial(_put, rows))
    people.write(lambda frame: frame.migrate("m", "d.kept", [{"AddColumn": {"name": "x", "type": "i64"}}], "tester"))
    people.upkeep(0.0001)
    assert people.migration("m")["progress"]["rows_seen"] == 4
    people.write(partial(_put, [{**row, "text": "late"} for row in rows]))
    while people.upkeep_due() == 0:
        people.upkeep(0.0001)
    assert people.migration("m")["progress"] == {"rows_seen": len(rows), "rows_total": len(rows)}
    assert people.write(lambda frame: frame.cut_over("m", "tester"))["state"] == "Completed"
    found = people.query({"Scan": {"schema": "d.kept"}})
    assert sorted(found, key=str) == sorted([{**row, "text": "late", "x": None} for row in rows], key=str)


def _put(rows: Sequence[dict[str, Any]], frame: Frame) -> None:
    frame.put_many("d.kept", rows)
