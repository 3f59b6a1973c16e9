"""What was compiled is loaded again, and nothing is loaded that others could have written."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import Module

from oql.sandbox import compiled, engines
from oql.sandbox.compiled import load_module, read_own, write_own

MODULE = b'(module (func (export "run") (result i32) (i32.const 7)))'


def load(folder: Path | None) -> list[str | None]:
    module = load_module("tests", MODULE, engines.engine(engines.TRUSTED), folder)
    return [found.name for found in module.exports]


def test_what_was_compiled_is_loaded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(tmp_path) == ["run"]
    [kept] = tmp_path.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(compiled, "Module", Loading)
    assert load(tmp_path) == ["run"]


class Loading(Module):
    """Only loads."""

    def __init__(self, *_: object) -> None:
        raise AssertionError("it is compiled again")


def test_without_a_folder_it_is_compiled() -> None:
    assert load(None) == ["run"]


def test_what_is_damaged_is_compiled_again(tmp_path: Path) -> None:
    load(tmp_path)
    [kept] = tmp_path.iterdir()
    whole = kept.read_bytes()
    for damaged in (whole[:-1], whole[:40], b"", whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]):
        kept.write_bytes(damaged)
        assert load(tmp_path) == ["run"]
        assert kept.read_bytes() == whole


def test_what_wasmtime_refuses_is_compiled_again(tmp_path: Path) -> None:
    load(tmp_path)
    [kept] = tmp_path.iterdir()
    write_own(kept, b"of another version")
    assert load(tmp_path) == ["run"]
    assert read_own(kept) != b"of another version"


def _shared(path: Path) -> None:
    path.chmod(0o660)


def _open(path: Path) -> None:
    path.chmod(0o602)


def _linked(path: Path) -> None:
    path.rename(path.with_suffix(".other"))
    path.symlink_to(path.with_suffix(".other"))


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [_shared, _open, _linked, _gone])
def test_a_file_that_others_could_have_written_is_not_read(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "code"
    write_own(path, b"machine code")
    assert read_own(path) == b"machine code"
    change(path)
    assert read_own(path) is None


def test_a_file_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "code"
    write_own(path, b"machine code")
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    assert read_own(path) is None


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    assert load(tmp_path / "missing") == ["run"]
