"""UUIDs of version 7 (RFC 9562), a time with chance behind it: the keys that the store makes, and other ids.

Those that are made one after the other lie beside each other in the index of a table, so a commit of many rows changes
few of its pages. Chance is drawn for many at a time, which costs as much as for one, and lets another thread go on.
"""

import os
import time

_AT_ONCE = 256
_DIGITS = 20
_VARIANT = {f"{digit:x}": "89ab"[digit & 3] for digit in range(16)}
_unused: list[str] = []


def new_key() -> str:
    """A UUID that no other row has, as text."""
    try:
        chance = _unused.pop()
    except IndexError:
        drawn = os.urandom(_DIGITS // 2 * _AT_ONCE).hex()
        chance, *others = (drawn[first : first + _DIGITS] for first in range(0, len(drawn), _DIGITS))
        _unused.extend(others)
    moment = f"{time.time_ns() // 1_000_000:012x}"
    return f"{moment[:8]}-{moment[8:]}-7{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[7:19]}"


os.register_at_fork(after_in_child=_unused.clear)
