"""Password hashes of end users, by argon2id as everywhere in the project, few at a time.

A hash takes 19 MiB and the whole of a processor for 20 ms. In one process at most `AT_ONCE` are made at the same time,
and one of each namespace, so that a burst of logins takes neither the memory of the machine nor the time of others.
The password library is loaded when it is first needed.
"""

from contextlib import AbstractContextManager
from functools import cache

from oql.turns import NamespaceTurns, Turns
from oql.verbs.run import Run

AT_ONCE = 2

_all = Turns(AT_ONCE)
_own = NamespaceTurns()


def turn(run: Run) -> AbstractContextManager[None]:
    """While the block runs, no other run of the namespace hashes here. Ends the run when it is out of time."""
    return _own.turn(run)


def hashed(run: Run, password: str) -> str:
    """The hash to keep of a password that `names` has passed. Inside `turn`."""
    from oql import passwords

    run.claim(passwords.DEFAULT_COST.memory_kib * 1_024)
    with _all.turn(run):
        return passwords.argon2_hash(password)


def matches(run: Run, password: str, kept: str | None) -> bool:
    """Whether a password that `names` has passed is that of a hash; None takes as long, and is never right.

    Inside `turn`.
    """
    from oql import passwords

    run.claim(passwords.DEFAULT_COST.memory_kib * 1_024)
    nobodys = _nobodys()
    with _all.turn(run):
        right = passwords.argon2_verify(password, kept or nobodys, ceiling=None)
    return right and kept is not None


@cache
def _nobodys() -> str:
    """The hash that is verified where there is no user."""
    from oql import passwords

    return passwords.argon2_hash("nobody has this password")
