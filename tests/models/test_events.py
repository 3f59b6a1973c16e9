"""Server-sent events are read the same wherever their bytes are cut."""

from collections.abc import Iterable

import pytest

from oql.models.events import EventReader

STREAM = (
    "event: a\ndata: one\nid: 7\n\n: a comment\r\ndata:two\r\ndata: \u2603\r\n\r\ndata\n\ndata: three\r\rretry: 1\n\n"
)
DATA = ["one", "two\n\u2603", "", "three"]
"""What the HTML standard makes of it: fields by line, lines of data joined, one blank taken away."""


def read(pieces: Iterable[bytes]) -> list[str]:
    """The data of all events."""
    reader = EventReader()
    return [data for piece in pieces for data in reader.feed(piece)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1_000])
def test_pieces_of_one_size(size: int) -> None:
    raw = STREAM.encode()
    assert read(raw[start : start + size] for start in range(0, len(raw), size)) == DATA


def test_two_pieces_cut_anywhere() -> None:
    raw = STREAM.encode()
    assert {tuple(read((raw[:cut], raw[cut:]))) for cut in range(len(raw) + 1)} == {tuple(DATA)}


def test_an_event_that_does_not_end_is_none() -> None:
    assert read([b"data: one\n\ndata: two\n"]) == ["one"]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert read([b"\xff\xfe\n\ndata: \xff\n\n"]) == ["\ufffd"]
