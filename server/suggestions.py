"""The route that was probably meant, of a path at which there is nothing.

A path may lack what stands in front of a route's last segments (`/query`, `/row/orders/1`), have `/v1` too much, or be
mistyped. Named segments of a route fit whatever is sent there.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from oql.errors import nearest
from server.paths import REST

_KEPT = 1_024
"""Paths whose suggestions are kept."""

Mask = tuple[bool, ...]
"""Which segments are named."""


class Suggestions:
    """Suggestions among routes with these paths. `near` gives one, or None."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._ends: dict[Mask, dict[str, str]] = {}
        for path in sorted(paths, key=lambda path: path.count("/")):
            self._add(path)
        self._masks = sorted(self._ends, key=sum)  # the more literal segments, the better
        self.near = lru_cache(_KEPT)(self._near)

    def _add(self, path: str) -> None:
        segments = path[1:].split("/")
        for start in range(len(segments)):
            end = segments[start:]
            mask = tuple(segment.startswith("{") for segment in end)
            if not mask[0]:
                self._ends.setdefault(mask, {}).setdefault(_literals(end, mask), path.replace(REST, ""))

    def _near(self, path: str) -> str | None:
        segments = path.strip("/").split("/")
        found = self._ending(segments)
        return self._ending(segments[1:]) if found is None and segments[0] == "v1" else found

    def _ending(self, segments: Sequence[str]) -> str | None:
        for mask in self._masks:
            if len(mask) == len(segments) and (guess := nearest(_literals(segments, mask), self._ends[mask])):
                return self._ends[mask][guess]
        return None


def _literals(segments: Sequence[str], mask: Mask) -> str:
    return "/".join(segment for segment, named in zip(segments, mask, strict=True) if not named)
