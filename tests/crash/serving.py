"""A server with some accounts, for parts that let many at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from substrate.interface import Store
from tests.crash.clients import Login
from tests.crash.holding_on import opened, target_in
from tests.crash.killing import Target
from tests.crash.sink import Sink, taking
from tests.crash.storm import logins


@dataclass(frozen=True, slots=True)
class There:
    """A server, its accounts, its store, and where its webhooks go."""

    target: Target
    logins: list[Login]
    store: Store
    sink: Sink

    @property
    def login(self) -> Login:
        """The first account."""
        return self.logins[0]


@contextmanager
def server(folder: Path, accounts: int = 1, **environment: str) -> Iterator[There]:
    """A server on a folder of its own, which is gone at the end of the block."""
    with taking() as sink:
        target = target_in(folder, sink, 1, **environment)
        store = opened(target)
        try:
            yield There(target, logins(target, accounts), store, sink)
        finally:
            store.close()
            target.end()
