"""What this process has done, counted for whoever shows figures."""

import threading


class Count:
    """A number that only grows, until it is taken. Safe to share between threads."""

    def __init__(self) -> None:
        self._number = 0
        self._guard = threading.Lock()

    def add(self, number: int = 1) -> None:
        """Makes it larger."""
        with self._guard:
            self._number += number

    def take(self) -> int:
        """What has come together since it was last taken."""
        with self._guard:
            number, self._number = self._number, 0
        return number


LOG_BYTES = Count()
"""Bytes written to change logs."""
FRAMES_SENT = Count()
"""Frames of change logs that were sent to followers."""
PLAN_HITS = Count()
"""Plans that had been compiled before."""
