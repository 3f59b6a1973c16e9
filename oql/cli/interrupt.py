"""Ctrl-C during a run: it is called off, and ends with its own error."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 130
"""As shells have it: 128 and the number of the signal."""


@contextmanager
def cancelling(cancel: threading.Event) -> Iterator[None]:
    """Ctrl-C sets `cancel` while the block runs. A second one does not wait for the run."""
    pressed = False

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        # The interrupted code may hold the event's lock: another thread waits until it is free.
        threading.Thread(target=cancel.set, daemon=True).start()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
