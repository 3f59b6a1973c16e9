"""Modules of programs are compiled within their time and memory, by a process of their own where they are not small."""

import base64
from pathlib import Path

import pytest

from oql.limits import Limits
from oql.sandbox import compiling
from tests.sandbox.guests import guest, value
from tests.sandbox.modules import leb, module

RETURN_7 = b"\x41\x07"


def code(body: bytes, functions: int = 1) -> str:
    """A module in base64 whose functions all have this body; it exports the first as `run`."""
    return base64.b64encode(module(body, functions)).decode()


def test_a_large_module_is_run() -> None:
    large = code(RETURN_7, functions=4_000)
    assert len(base64.b64decode(large)) > compiling.SMALL_BYTES
    assert value("wasm", large, Limits()) == 7


def test_a_large_module_that_is_none_is_refused() -> None:
    error = guest("wasm", code(b"\x6a", functions=4_000), Limits()).error
    assert error is not None
    assert "this is no module that can be run" in error.message


def test_one_that_compiles_for_minutes_ends_with_the_time_of_the_run() -> None:
    before, nested = _children(), 20_000
    error = guest("wasm", code(b"\x03\x40" * nested + b"\x41\x01\x0d\x00\x0b" * nested + RETURN_7)).error
    assert error is not None
    assert error.code == "Timeout"
    assert _children() == before


def _children() -> list[str]:
    """The processes that this one has started and that have not ended."""
    return [child for path in Path("/proc/self/task").glob("*/children") for child in path.read_text().split()]


@pytest.mark.slow
def test_one_that_takes_gigabytes_ends() -> None:
    body = b"".join(
        b"\x41\x01\x04\x40\x20" + leb(i * 31 % 5_000) + b"\x21" + leb(i * 17 % 5_000) + b"\x0b" for i in range(15_000)
    )
    error = guest("wasm", base64.b64encode(module(body + RETURN_7, 1, 5_000)).decode(), Limits(computing_s=2)).error
    assert error is not None
    assert error.code in ("Timeout", "SandboxFailed")


def test_too_large_a_module_is_refused() -> None:
    error = guest("wasm", "AAAA" * (compiling.MOST_BYTES // 3 + 1), Limits(program_bytes=2**23)).error
    assert error is not None
    assert "at most 4,194,304 bytes" in error.message
