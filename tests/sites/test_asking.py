"""The names of files that visitors send, as programs get them."""

import pytest

from server.sites.asking import LONGEST_NAME, safe_name


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("photo.png", "photo.png"),
        ("Grüße 1.txt", "Grüße 1.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("a\0b\r\n.txt", "ab.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ("a.", "a"),
    ],
)
def test_names(given: str, safe: str) -> None:
    assert safe_name(given) == safe


@pytest.mark.parametrize("given", ["x" * 1_000, "x" * 1_000 + ".png", "ü" * 500 + ".jpeg", "a." + "x" * 1_000])
def test_long_names(given: str) -> None:
    name = safe_name(given)
    assert 0 < len(name.encode()) <= LONGEST_NAME
    assert not given.endswith((".png", ".jpeg")) or name.endswith(given.rpartition(".")[2])
