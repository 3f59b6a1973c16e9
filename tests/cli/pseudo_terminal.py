"""The command line on a terminal: a process whose streams are a pseudo-terminal that the test holds."""

import fcntl
import os
import pty
import re
import select
import shlex
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.calling import OQL, ROOT, variables

CTRL_C, CTRL_D, ENTER, TAB, UP = "\x03", "\x04", "\r", "\t", "\x1b[A"
SECONDS = 60.0

_CONTROL = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")
_WHERE = b"\x1b[6n"
_TAKEN = "\x1b[?2004l"


def readable(file: int, seconds: float) -> bool:
    """Whether something can be read within that time. `select` refuses descriptors from 1,024 on."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1_000))


class Terminal:
    """A terminal on which `oql` runs; `seen` is what was written that no `expect` has passed yet."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        # A session leader that opens a terminal gets it as its own, so that Ctrl-C reaches the process.
        command = f"exec {shlex.join([OQL, *arguments])} <>{os.ttyname(there)} >&0 2>&1"
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=ROOT,
            env=variables({"TERM": "xterm", **environment}),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self._there = there
        self.raw = ""
        self.seen = ""

    def type(self, text: str) -> None:
        """Presses keys."""
        os.write(self._here, text.encode())

    def expect(self, text: str) -> None:
        """Waits until a text was written, behind what was expected before."""
        give_up = time.monotonic() + SECONDS
        while text not in self.seen:
            assert time.monotonic() < give_up, f"{text!r} was not written; this was: {self.seen!r}"
            self._read(0.1)
        self.seen = self.seen.partition(text)[2]

    def enter(self, text: str) -> None:
        """Waits for the prompt, types an input, and waits until the prompt has taken it."""
        self.expect("oql>")
        taken = self.raw.count(_TAKEN)
        self.type(text + ENTER)
        give_up = time.monotonic() + SECONDS
        while self.raw.count(_TAKEN) == taken:
            assert time.monotonic() < give_up, f"{text!r} was not taken; this was written: {self.seen!r}"
            self._read(0.1)

    def wait_for(self, file: Path) -> None:
        """Waits until a file is there, which a program makes."""
        give_up = time.monotonic() + SECONDS
        while not file.exists():
            assert time.monotonic() < give_up, f"{file} was not made; this was written: {self.seen!r}"
            self._read(0.1)

    def interrupt(self) -> None:
        """Presses Ctrl-C as soon as that is a signal to the process, and not a key that its prompt reads."""
        give_up = time.monotonic() + SECONDS
        while not termios.tcgetattr(self._there)[3] & termios.ISIG:
            assert time.monotonic() < give_up, f"a prompt still reads; this was written: {self.seen!r}"
            self._read(0.1)
        self.type(CTRL_C)

    def wait(self) -> int:
        """Waits for the end of the process; its exit code."""
        give_up = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < give_up, f"it did not end; this was written: {self.seen!r}"
            self._read(0.1)
        read = -1
        while read < len(self.raw):
            read = len(self.raw)
            self._read(0.1)
        return int(self.process.returncode)

    def close(self) -> None:
        """Ends what still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._here)
        os.close(self._there)

    def _read(self, seconds: float) -> None:
        if not readable(self._here, seconds):
            return
        data = os.read(self._here, 65_536)
        if _WHERE in data:
            os.write(self._here, b"\x1b[1;1R")
        self.raw += data.decode(errors="replace")
        self.seen += _CONTROL.sub("", data.decode(errors="replace")).replace("\r", "")


@contextmanager
def terminal(*arguments: str, **environment: str) -> Iterator[Terminal]:
    """`oql` with some arguments on a terminal; nothing of it is left at the end of the block."""
    made = Terminal(arguments, environment)
    try:
        yield made
    finally:
        made.close()
