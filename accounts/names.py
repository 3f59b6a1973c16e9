"""The names of an account: username, email, phone, namespace. One written form of each, no two alike.

A login is told apart by its form: an email holds `@`, a phone begins with `+` or `00`, a username with
a letter.
"""

import re
import unicodedata
from typing import Literal

from accounts.errors import InvalidAccount

Kind = Literal["username", "email", "phone"]

RESERVED = frozenset({"test"})
"""The development account has this name in the code, not in the database."""

MAX_EMAIL_BYTES = 254
MAX_LOGIN_LENGTH = 320

# ASCII only: letters that look alike, or become alike when case is folded, would be names for one another.
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{0,47}", re.ASCII)
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_PHONE_PUNCTUATION = re.compile(r"[\s().\-/]+")


def username(text: str) -> str:
    """A username in the form that is kept: lower case. Raises InvalidAccount."""
    name = _lower_ascii(text)
    if name is None or not _USERNAME.fullmatch(name):
        raise InvalidAccount(
            "username",
            "expected a username of at most 48 ASCII letters, digits, `.`, `_` and `-`, a letter first, "
            f"found {_shown(text)}",
        )
    if name in RESERVED:
        raise InvalidAccount("username", f"`{name}` is the name of the development account")
    return name


def email(text: str) -> str:
    """An email address in the form that is kept: composed (NFC), lower case. Raises InvalidAccount."""
    address = _email(text)
    if address is None:
        raise InvalidAccount("email", f"expected an email address, found {_shown(text)}")
    return address


def phone(text: str) -> str:
    """A phone number in the form that is kept: `+` and digits, as E.164 has it. Raises InvalidAccount."""
    number = _phone(text)
    if number is None:
        raise InvalidAccount(
            "phone", f"expected a phone number with its country code (`+49 ...`), found {_shown(text)}"
        )
    return number


def login(text: str) -> tuple[Kind, str]:
    """What kind of name a login is, and its kept form. Never raises: hostile text is nobody's name, ``."""
    if len(text) > MAX_LOGIN_LENGTH:
        return "username", ""
    text = text.strip()
    if "@" in text:
        return "email", _email(text) or ""
    if text.startswith(("+", "00")):
        return "phone", _phone(text) or ""
    name = _lower_ascii(text)
    return "username", name if name and _USERNAME.fullmatch(name) else ""


def namespaces(name: str) -> tuple[str, ...]:
    """The namespaces a username may get, in the order to try: `user_` and the name, odd characters as `_`."""
    first = "user_" + re.sub(r"[^a-z0-9]", "_", name)
    return (first, *(f"{first}_{n}" for n in range(2, 1_000)))


def _lower_ascii(text: str) -> str | None:
    return text.lower() if text.isascii() else None


def _email(text: str) -> str | None:
    try:
        address = unicodedata.normalize("NFC", text.lower())
        fits = len(address.encode()) <= MAX_EMAIL_BYTES and _EMAIL.fullmatch(address)
    except UnicodeEncodeError:
        return None
    return address if fits else None


def _phone(text: str) -> str | None:
    number = re.sub(r"^00", "+", _PHONE_PUNCTUATION.sub("", text))
    return number if _PHONE.fullmatch(number) else None


def _shown(text: str) -> str:
    """The text as an error may show it: quoted, its odd characters escaped, not for ever."""
    return ascii(text if len(text) <= 60 else text[:60] + "...")
