"""How memory is taken from the system: so that what is no longer used goes back.

glibc gives each thread an arena of its own, up to eight for each core, and raises the size from which blocks are mapped
by themselves to that of the largest that was ever freed: 20 MB, after one password hash. From then on every arena may
keep that much, and a web process that needs 40 MB for what is not Python's own holds 250.
"""

import ctypes

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Names of mallopt(3)."""
MAPPED_BYTES = 2**20
"""Blocks of this size and larger are mapped by themselves, and given back as soon as they are free."""
ARENAS = 2
"""Most blocks are taken while Python's lock is held, so threads seldom wait for each other here."""


def give_back() -> None:
    """Has this process, and those that it starts by forking, give back what they free; without glibc does nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_MMAP_THRESHOLD, MAPPED_BYTES)
        mallopt(_ARENA_MAX, ARENAS)
