"""Which web pages act for an account: exact matching of the Origin header.

An entry is an origin (`https://app.example.com`, `http://localhost:3000`) or covers one label level
(`https://*.example.com`). An Origin header is compared as it stands: browsers send the one written form
that RFC 6454 gives, so a header in any other form matches nothing, and neither does `null`.
"""

import re
from dataclasses import dataclass

from accounts.errors import AccountConflict, InvalidAccount
from oql.errors import visible
from substrate.interface import ControlDatabase, Transaction

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_ENTRIES = 100
MAX_LENGTH = 300
NO_PAGES = frozenset(
    ("about", "blob", "data", "file", "ftp", "ftps", "javascript", "mailto", "sftp", "ssh", "tel", "ws", "wss")
)
"""Schemes that no page has in its origin. Apps have schemes of their own, such as capacitor."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    rf"(?P<host>(?:\*|{_LABEL})(?P<rest>(?:\.{_LABEL})*)|\[[0-9a-f:]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a whitelist, and the `*.` entry that covers it (of such an entry, itself) or ``."""

    text: str
    wildcard: str


def entry(text: str) -> Entry:
    """An entry as a person writes it, in its written form. Raises InvalidAccount."""
    written = text.strip().lower().removesuffix("/")
    scheme = written.partition(":")[0]
    if scheme in NO_PAGES:
        raise InvalidAccount(
            "whitelist",
            f"no web page has an origin with the scheme `{scheme}`: expected one such as `https://app.example.com`, "
            f"found `{visible(text[:100])}`",
        )
    parsed = _parsed(written) if text.isascii() else None
    if parsed is None:
        raise InvalidAccount(
            "whitelist",
            "expected an origin such as `https://app.example.com`, `https://*.example.com` or "
            f"`http://localhost:3000` (other letters in their `xn--` form), found `{visible(text[:100])}`",
        )
    return parsed


def matching(origin: str) -> tuple[str, ...]:
    """The entries that let an Origin header in: the origin itself, and the `*.` entry that covers it."""
    parsed = _parsed(origin)
    if parsed is None or parsed.text != origin or "*" in origin:
        return ()
    return (parsed.text, parsed.wildcard) if parsed.wildcard else (parsed.text,)


def owner(database: ControlDatabase, origin: str) -> str | None:
    """The id of the account that lists an Origin header."""
    entries = matching(origin)
    if not entries:
        return None
    rows = database.read("SELECT account_id FROM whitelist WHERE entry IN (?, ?)", entries[0], entries[-1])
    return str(rows[0][0]) if rows else None


def replace(transaction: Transaction, account_id: str, entries: list[Entry]) -> None:
    """Gives an account these entries and no others. Raises AccountConflict, InvalidAccount (too many)."""
    if len(entries) > MAX_ENTRIES:
        raise InvalidAccount("whitelist", f"a whitelist has at most {MAX_ENTRIES} origins")
    transaction.execute("DELETE FROM whitelist WHERE account_id = ?", account_id)
    for position, one in enumerate(dict.fromkeys(entries)):
        _refuse_overlap(transaction, account_id, one)
        transaction.execute(
            "INSERT INTO whitelist (entry, wildcard, position, account_id) VALUES (?, ?, ?, ?)",
            one.text, one.wildcard, position, account_id,
        )  # fmt: skip


def _refuse_overlap(transaction: Transaction, account_id: str, one: Entry) -> None:
    """An origin leads to one account, so no entry may match what an entry of another account matches."""
    taken = transaction.execute(
        "SELECT 1 FROM whitelist WHERE account_id <> ? AND (entry IN (?, ?) OR wildcard = ?)",
        account_id, one.text, one.wildcard, one.text,
    )  # fmt: skip
    if taken:
        raise AccountConflict("whitelist", f"`{one.text}` belongs to another account")


def _parsed(text: str) -> Entry | None:
    """An origin or an entry; its written form leaves the default port out."""
    found = _ORIGIN.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if not found or int(found["port"] or 1) > 65_535:
        return None
    scheme, host, rest, port = found["scheme"], found["host"], found["rest"], found["port"]
    suffix = "" if not port or int(port) == DEFAULT_PORTS.get(scheme) else f":{port}"
    wildcard = f"{scheme}://*{rest}{suffix}" if rest and _can_be_covered(rest) else ""
    written = f"{scheme}://{host}{suffix}"
    return None if host.startswith("*") and written != wildcard else Entry(written, wildcard)


def _can_be_covered(rest: str) -> bool:
    """May `*` stand before these labels? `*.com` would claim half the web; an address has no labels."""
    return rest.count(".") >= 2 and not rest.rpartition(".")[2].isdigit()
