"""The key of a data folder: made once, and never another one beside what was encrypted."""

from contextlib import closing
from pathlib import Path

import pytest

from substrate.cipher import cipher_in, derived_key
from substrate.errors import Unavailable
from substrate.opening import open_store


def used(folder: Path) -> Path:
    """A folder with a namespace; its key."""
    with closing(open_store("", folder)) as store:
        store.namespace("ada").make()
    return folder / "secret.key"


def test_a_key_is_made_once_for_its_owner(tmp_path: Path) -> None:
    written = cipher_in(tmp_path).encrypt("tea")
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert cipher_in(tmp_path).decrypt(written) == "tea"
    assert derived_key(tmp_path, "this") == derived_key(tmp_path, "this") != derived_key(tmp_path, "that")


@pytest.mark.parametrize("size", [0, 5, 16, 33])
def test_a_key_of_another_length_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "secret.key").write_bytes(b"k" * size)
    with pytest.raises(Unavailable, match=f"is damaged: expected 32 bytes, found {size}; put it back"):
        cipher_in(tmp_path)
    with pytest.raises(Unavailable, match="damaged"):
        derived_key(tmp_path, "this")


def test_a_key_that_is_missing_is_not_replaced_where_there_are_namespaces(tmp_path: Path) -> None:
    key = used(tmp_path)
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(Unavailable, match=r"secret\.key is missing; put it back from a backup"):
        open_store("", tmp_path)
    assert not key.exists()
    key.write_bytes(kept)
    open_store("", tmp_path).close()
