"""Password hashes: argon2id and bcrypt, in their modular-crypt text.

A hash that comes from outside names its own cost, so a verification checks that cost first: a hash
that asks for gigabytes or hours is refused before any work is done. Nothing is silently cut off:
bcrypt looks at 72 bytes only, and so a longer password is refused rather than shortened.
"""

import functools
import threading
import warnings
from dataclasses import dataclass
from typing import TypeVar

from passlib.exc import PasslibHashWarning
from passlib.handlers.argon2 import argon2
from passlib.handlers.bcrypt import bcrypt
from passlib.utils.handlers import GenericHandler

SHORTEST_PASSWORD = 8
"""Characters of a new password at least, as NIST SP 800-63B asks for."""
MAX_PASSWORD_BYTES = 1_024
MAX_BCRYPT_BYTES = 72
BCRYPT_ROUNDS = 12
MAX_BCRYPT_ROUNDS = 14
MAX_HASH_LENGTH = 512

# Some implementations leave padding bits set in a bcrypt salt; libpass mends that, a warning is no help.
warnings.filterwarnings("ignore", category=PasslibHashWarning)


class PasswordError(ValueError):
    """A password or hash that cannot be worked with; the message shows neither."""


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What one argon2id hash costs.

    The default is what OWASP's Password Storage Cheat Sheet asks for at least (19 MiB, 2 passes,
    1 lane): 20 ms, and so little memory that a burst of logins on a small machine is no outage.
    """

    memory_kib: int = 19 * 1_024
    passes: int = 2
    lanes: int = 1

    def allows(self, other: "Argon2Cost") -> bool:
        """Is the other cost no higher than this one, in each part?"""
        return other.memory_kib <= self.memory_kib and other.passes <= self.passes and other.lanes <= self.lanes


DEFAULT_COST = Argon2Cost()
CEILING = Argon2Cost(memory_kib=64 * 1_024, passes=8, lanes=8)


LONGEST_WAIT_S = 900.0


def wait_after(failures: int, free: int) -> float:
    """Seconds to wait after so many wrong passwords in a row: nothing below `free`, then 1, 2, 4, ..."""
    return 0.0 if failures < free else min(LONGEST_WAIT_S, 2.0 ** min(failures - free, 20))


def argon2_hash(password: str, cost: Argon2Cost = DEFAULT_COST) -> str:
    """The `$argon2id$` text of a password. Raises PasswordError (over 1,024 bytes, not encodable)."""
    _load(argon2)
    return _argon2id(cost).hash(_encoded(password, MAX_PASSWORD_BYTES, "argon2"))


def argon2_verify(password: str, hashed: str, ceiling: Argon2Cost | None = CEILING) -> bool:
    """Is this the password of the hash? Raises PasswordError, also for a hash above the ceiling.

    No ceiling (None) is right only for a hash that this project made and kept.
    """
    secret = _encoded(password, MAX_PASSWORD_BYTES, "argon2")
    if ceiling and not ceiling.allows(argon2_cost(hashed)):
        raise PasswordError("the argon2 hash asks for more memory or passes than is allowed")
    return _verified(argon2, secret, hashed, "an argon2")


def argon2_cost(hashed: str) -> Argon2Cost:
    """What it takes to verify a hash. Raises PasswordError if it is not an argon2 hash."""
    parts = _parsed(argon2, hashed, "an argon2")
    return Argon2Cost(parts.memory_cost, parts.rounds, parts.parallelism)


def bcrypt_hash(password: str, rounds: int = BCRYPT_ROUNDS) -> str:
    """The `$2b$` text of a password. Raises PasswordError (over 72 bytes, a NUL, not encodable)."""
    _load(bcrypt)
    return str(bcrypt.using(rounds=rounds, ident="2b").hash(_bcrypt_encoded(password)))


def bcrypt_verify(password: str, hashed: str, max_rounds: int = MAX_BCRYPT_ROUNDS) -> bool:
    """Is this the password of the hash? Raises PasswordError, also for a hash too costly."""
    secret = _bcrypt_encoded(password)
    if _parsed(bcrypt, hashed, "a bcrypt").rounds > max_rounds:
        raise PasswordError(f"the bcrypt hash asks for more than 2**{max_rounds} rounds")
    return _verified(bcrypt, secret, hashed, "a bcrypt")


_loading = threading.Lock()


def _load(handler: type[argon2 | bcrypt]) -> None:
    """Loads what computes these hashes. libpass does so itself at the first one, and fails where two are the first."""
    with _loading:
        handler.get_backend()  # type: ignore[no-untyped-call]  # as above


@functools.lru_cache(maxsize=8)
def _argon2id(cost: Argon2Cost) -> type[GenericHandler]:
    made: type[GenericHandler] = argon2.using(  # type: ignore[no-untyped-call]  # the published stubs leave it untyped
        type="ID", memory_cost=cost.memory_kib, rounds=cost.passes, parallelism=cost.lanes
    )
    return made


def _bcrypt_encoded(password: str) -> bytes:
    secret = _encoded(password, MAX_BCRYPT_BYTES, "bcrypt")
    if b"\0" in secret:
        raise PasswordError("a password for bcrypt cannot hold a NUL")
    return secret


def _encoded(password: str, limit: int, algorithm: str) -> bytes:
    try:
        secret = password.encode()
    except UnicodeEncodeError:
        raise PasswordError("the password holds half of a surrogate pair, which has no encoding") from None
    if len(secret) > limit:
        raise PasswordError(f"a password for {algorithm} has at most {limit:,} bytes, found {len(secret):,}")
    return secret


Handler = TypeVar("Handler", argon2, bcrypt)


def _parsed(handler: type[Handler], hashed: str, kind: str) -> Handler:
    if len(hashed) > MAX_HASH_LENGTH:
        raise PasswordError(f"this is not {kind} hash")
    try:
        return handler.from_string(hashed)
    except ValueError:
        raise PasswordError(f"this is not {kind} hash") from None


def _verified(handler: type[argon2 | bcrypt], secret: bytes, hashed: str, kind: str) -> bool:
    _load(handler)
    try:
        return handler.verify(secret, hashed)
    except ValueError:
        raise PasswordError(f"this is not {kind} hash") from None
