"""Every way in which the store refuses, told apart by what the caller can do about it.

`code` is the word of the published API; nothing else here knows of any protocol.
"""

import difflib
import json
from collections.abc import Iterable
from typing import ClassVar, Self

LONGEST_SHOWN = 60
"""How many characters of a caller's text a message repeats."""

LONGEST_GUESSED = 128
"""Names longer than this get no "did you mean": nobody mistyped them."""


class StoreError(Exception):
    """A refusal: the message is for people; `detail` (JSON values by name) and `retry` are for programs.

    `retry` says that the very same request may succeed later.
    """

    code: ClassVar[str]
    retry: bool = False

    def __init__(self, message: str, **detail: object) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def retryable(self) -> Self:
        """The same refusal, of a request that may succeed later."""
        self.retry = True
        return self


class Invalid(StoreError):
    """The request cannot be right, whatever the store holds: change it."""

    code = "validation_failed"


class NotFound(StoreError):
    """Something that the request names is not there."""

    code = "not_found"


class Conflict(StoreError):
    """The request is well-formed, but what the store holds stands against it: look first, then decide."""

    code = "conflict"


class QuotaExceeded(StoreError):
    """The tenant may hold no more: delete something, or get a larger quota."""

    code = "quota_exceeded"


class Cancelled(StoreError):
    """Somebody stopped the call, or its time ran out; nothing of it was written."""

    code = "cancelled"


class Fenced(StoreError):
    """This server may not write any more; another one may."""

    code = "fenced"
    retry = True


class Unavailable(StoreError):
    """The store cannot be reached, or cannot do its work now. The caller did nothing wrong."""

    code = "server_error"
    retry = True


def unknown(name: str, kind: str, known: Iterable[str], **detail: object) -> Invalid:
    """The refusal of a name that is none of the known ones: `kind` is "a field of an index" and the like."""
    guess = nearest(name, known)
    hint = f": did you mean `{guess}`?" if guess else ""
    return Invalid(f"{shown(name)} is not {kind}{hint}", **detail)


def stopped() -> Cancelled:
    """The end of a call that somebody stopped."""
    return Cancelled("the call was stopped")


def out_of_time(seconds: float) -> Cancelled:
    """The end of a call that took longer than it may."""
    return Cancelled(f"the call took longer than {seconds:g} s, which is all it may", code="timeout")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be, or None when none is near."""
    if len(name) > LONGEST_GUESSED:
        return None
    by_fold = {candidate.casefold(): candidate for candidate in known}
    match = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[match[0]] if match else None


def shown(name: str) -> str:
    """A caller's name as a message repeats it: in backticks, odd characters escaped, not for ever."""
    return f"`{json.dumps(_cut(name))[1:-1]}`"


def described(value: object) -> str:
    """A caller's value as a message repeats it: scalars themselves, of text the beginning, else the kind."""
    if isinstance(value, str):
        return json.dumps(_cut(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)) and abs(value) < 1e100:
        return repr(value)
    return kind_of(value)


def kind_of(value: object) -> str:
    """What kind of JSON value this is, in words."""
    for types, word in _KINDS:
        if isinstance(value, types):
            return word
    return "null" if value is None else f"a {type(value).__name__}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (str, "text"),
    ((int, float), "a number"),
    (bytes, "binary"),
    ((list, tuple), "an array"),
    (dict, "an object"),
)
