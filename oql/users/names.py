"""Usernames, passwords and email addresses of end users. Messages show none of them: people mistake the fields."""

import unicodedata
from dataclasses import dataclass

from oql.errors import Code, expected, failed
from oql.passwords import SHORTEST_PASSWORD
from oql.people.answers import KINDS
from oql.values import Value, kind_of

LONGEST_NAME = 254
"""Characters of a username: an email address is one, too."""
LONGEST_PASSWORD = 1_024
"""Bytes of UTF-8."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EMAIL = {"name": "email", "label": "email", "kind": "email", "required": True}


@dataclass(frozen=True, slots=True)
class Username:
    """A username as it is shown, and the key by which it is found: two spellings of one name have one key."""

    shown: str
    key: str


def username(value: Value) -> Username | None:
    """The username that a value is, None where it can be none.

    Compatible forms of a letter are the same (NFKC), and so are capitals and small letters. It has no control or
    invisible characters, and no white space at its ends.
    """
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        return None
    shown = unicodedata.normalize("NFKC", value)
    key = unicodedata.normalize("NFKC", shown.casefold())
    if not 0 < len(shown) <= LONGEST_NAME or not 0 < len(key) <= LONGEST_NAME or shown != shown.strip():
        return None
    return None if any(unicodedata.category(letter) in _INVISIBLE for letter in shown) else Username(shown, key)


def new_username(value: Value) -> Username:
    """The username of somebody who registers. Raises AuthFailed."""
    found = username(value)
    if found is None:
        wanted = f"a username of 1 to {LONGEST_NAME} visible characters, without white space at its ends"
        raise expected(Code.AUTH_FAILED, wanted, _found(value))
    return found


def password(value: Value) -> str | None:
    """A password as it is hashed, None for what can be none: what looks the same is one (NFC, as RFC 8265 has it)."""
    if not isinstance(value, str) or len(value) > LONGEST_PASSWORD:
        return None
    composed = unicodedata.normalize("NFC", value)
    return composed if _size(composed) <= LONGEST_PASSWORD else None


def new_password(value: Value) -> str:
    """The password of somebody who registers. Raises AuthFailed."""
    found = password(value)
    if not isinstance(value, str):
        raise expected(Code.AUTH_FAILED, "a password as text", _found(value))
    if found is None:
        raise expected(Code.AUTH_FAILED, f"a password of at most {LONGEST_PASSWORD:,} bytes", _found(value))
    if len(found) < SHORTEST_PASSWORD:
        message = f"the password is too short: it needs {SHORTEST_PASSWORD} characters at least"
        raise failed(Code.AUTH_FAILED, message, "a few words in a row are easy to remember and hard to guess")
    return found


def email(value: Value) -> str | None:
    """The email address of somebody who registers; null is none. Raises AuthFailed."""
    if value is None:
        return None
    found = KINDS["EMAIL"].read(value, _EMAIL)
    if found is None:
        raise expected(Code.AUTH_FAILED, KINDS["EMAIL"].wanted, _found(value))
    return str(found)


def _size(text: str) -> int:
    """The bytes of a text; too many where it has no encoding."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return LONGEST_PASSWORD + 1


def _found(value: Value) -> str:
    return "another text" if isinstance(value, str) else kind_of(value)
