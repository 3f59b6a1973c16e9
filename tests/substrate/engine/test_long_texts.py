"""Functions of long texts take time that grows with the texts, not with their product: nothing ends an instruction."""

from pathlib import Path

import pytest

from substrate.errors import Invalid
from substrate.sqlite.connection import LONGEST_PATTERN, Connection
from substrate.sqlite.functions import LONGEST_COMPUTED

LONG = 1_000_000
"""With as many characters SQLite's own functions take from a minute to a day."""


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    return Connection(tmp_path / "a.sqlite", writes=True)


def test_characters_are_trimmed(connection: Connection) -> None:
    text, characters = "a" * LONG + "c" + "a" * LONG, "b" * LONG + "a"
    found = connection.execute("SELECT trim(?1, ?2), length(ltrim(?1, ?2)), length(rtrim(?1, ?2))", (text, characters))
    assert found == [("c", LONG + 1, LONG + 1)]


def test_texts_are_replaced(connection: Connection) -> None:
    text, old = "a" * LONG, "a" * (LONG // 2) + "b"
    assert connection.execute("SELECT length(replace(?, ?, 'x'))", (text, old)) == [(LONG,)]
    with pytest.raises(Invalid, match="more than"):
        connection.execute("SELECT replace(?, 'a', ?)", (text, "b" * (LONGEST_COMPUTED // LONG + 1)))


@pytest.mark.parametrize("how", ["LIKE", "GLOB"])
def test_patterns_have_a_length(connection: Connection, how: str) -> None:
    condition = f"SELECT 'b' {how} ?"
    assert connection.execute(condition, ("a" * LONGEST_PATTERN,)) == [(0,)]
    with pytest.raises(Invalid, match="a pattern has at most 2,000 bytes"):
        connection.execute(condition, ("a" * (LONGEST_PATTERN + 1),))
