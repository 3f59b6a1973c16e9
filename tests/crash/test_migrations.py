"""A migration whose process dies at an edge of its states goes on; the table is the old one or the new one."""

from pathlib import Path

import pytest

from tests.crash.migrating import killed_at

HERE = ("inside a chunk*2", "after ready", "inside cutover", "inside auto-cutover", "after fail")
ON_POSTGRES = ("after a chunk*3", "inside cutover")
"""Some of them; `make torture` goes through all."""


@pytest.mark.parametrize("point", HERE)
def test_killed_at_an_edge(point: str, tmp_path: Path) -> None:
    assert killed_at("", tmp_path / "data", point) == (True, [])


@pytest.mark.parametrize("point", ON_POSTGRES)
def test_killed_at_an_edge_on_postgres(point: str, tmp_path: Path, postgres_url: str) -> None:
    assert killed_at(postgres_url, tmp_path / "data", point) == (True, [])
