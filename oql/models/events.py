"""Server-sent events, read as their bytes come in, wherever those are cut (the HTML standard, section 9.2)."""

import re
from collections.abc import Iterator

_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventReader:
    """Gives the data of each event; names and ids are left out, since no protocol here needs them."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[str] = []
        self._after_return = False

    def feed(self, piece: bytes) -> Iterator[str]:
        """The data of the events that are complete with this piece."""
        if self._after_return and piece.startswith(b"\n"):  # the other half of a line end
            piece = piece[1:]
        if piece:
            self._after_return = False
        self._rest += piece
        if b"\n" not in piece and b"\r" not in piece:
            return
        self._after_return = self._rest.endswith(b"\r")
        *lines, rest = _LINE_END.split(self._rest)
        self._rest = bytearray(rest)
        for line in lines:
            yield from self._line(line.decode("utf-8", "replace"))

    def _line(self, line: str) -> Iterator[str]:
        if line:
            name, _, value = line.partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))
        elif self._data:
            yield "\n".join(self._data)
            self._data = []
