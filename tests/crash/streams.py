"""A reader of a job's stream who is cut off again and again, and comes back with the last id that it has."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx

Event = tuple[str, str, str]
"""Its id, its kind, its data."""


@dataclass
class Reader:
    """Reads one stream; `got`: the events with an id, in their order.

    `server` tells where that is now; `cuts`: how often it came back, `broken`: after an answer that had no end.
    """

    server: Callable[[], str]
    path: str
    auth: httpx.BasicAuth | None = None
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Event] = field(default_factory=list)
    cuts: int = 0
    broken: int = 0
    reading: bool = False
    over: bool = False

    def read_all(self, chosen: random.Random | None) -> None:
        """Reads to the end; with `chosen` it goes away after some events, and comes back."""
        while not self.over:
            most = chosen.randint(1, 4) if chosen else 1_000_000
            try:
                self._read(most)
            except httpx.TransportError:
                self.broken += self.reading
                time.sleep(0.05)
            self.cuts += not self.over

    def _read(self, most: int) -> None:
        last = {"Last-Event-ID": self.got[-1][0]} if self.got else {}
        url, self.reading = self.server() + self.path, False
        with httpx.stream("GET", url, headers=self.headers | last, auth=self.auth, timeout=60) as answer:
            if answer.status_code == 503:  # many have come at once
                time.sleep(0.05)
                return
            assert answer.status_code == 200, answer.read()
            self.reading = True
            for event in _events(answer.iter_lines()):
                if event[1] == "end":
                    self.over = True
                    return
                if event[0]:
                    self.got.append(event)
                    most -= 1
                if most == 0:
                    return


def _events(lines: Iterator[str]) -> Iterator[Event]:
    name = kind = data = ""
    for line in lines:
        field_name, _, value = line.partition(": ")
        if not line:
            if kind:
                yield name, kind, data
            name = kind = data = ""
        elif field_name == "id":
            name = value
        elif field_name == "event":
            kind = value
        elif field_name == "data":
            data += value
