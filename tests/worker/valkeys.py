"""A private Valkey for tests, started as `oql serve` starts it."""

import os
import signal
from pathlib import Path

from tests.http.running import until
from worker import valkey
from worker.hints import answers
from worker.process import in_child


class PrivateValkey:
    """A server on a socket in a folder; it can be killed and started again, empty."""

    def __init__(self, folder: Path) -> None:
        found = valkey.socket_path(folder)
        assert found
        self.socket = found
        self.url = f"unix://{found}"
        self.pid = 0

    def start(self) -> None:
        """Starts it and waits until it answers."""
        program, parent = valkey.binary(), os.getpid()
        assert program
        self.pid = in_child(lambda: valkey.become(program, self.socket, parent))
        until(lambda: answers(self.url) == "")

    def kill(self) -> None:
        """Ends it as a crash would."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
