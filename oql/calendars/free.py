"""The free times between events."""

from collections.abc import Iterable, Iterator

from oql.calendars.events import Stretch


def free(window: Stretch, taken: Iterable[Stretch], shortest: float) -> Iterator[Stretch]:
    """The stretches of a window that nothing takes and that last so many seconds at least, in order."""
    at = window.start
    for busy in sorted(taken):
        if busy.start > at and busy.start - at >= shortest:
            yield Stretch(at, min(busy.start, window.end))
        at = max(at, busy.end)
    if at < window.end and window.end - at >= shortest:
        yield Stretch(at, window.end)
