"""The names of the store: which texts may name a tenant, a table, a column, a search table, a document.

Every function gives back the name that it accepts and raises Invalid for any other. Case counts, but two
columns of a table, or two tables of a tenant, must differ in more than case.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from substrate.errors import Invalid, shown

RESERVED = "_oc_"
"""Names that begin with this, in any case, are the store's own: `_oc_row_version`."""

LONGEST_ID = 512
"""How many characters the id of a vector or of a document may have."""

LONGEST_KEPT_KEY = 2_000
"""How many bytes a key of the cache, or one that makes a request safe to repeat, may have."""

_TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_SEARCH_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class SchemaId(NamedTuple):
    """The name of a table with its namespace; as text `ns.table`."""

    namespace: str
    table: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.table}"


@lru_cache(1_024)
def tenant(name: str) -> str:
    """The name of a tenant: 1 to 64 ASCII letters, digits, `_` and `-`."""
    if not _TENANT.fullmatch(name):
        raise Invalid(f"{shown(name)} is no name of a tenant: expected 1 to 64 letters, digits, `_` and `-`")
    return name


def identifier(name: str, kind: str, **detail: object) -> str:
    """The name of a namespace, table, column, index or relation (`kind` says which), not reserved."""
    if not _IDENTIFIER.fullmatch(name):
        rule = "expected a letter or `_`, then letters, digits and `_`, at most 63 in all"
        raise Invalid(f"{shown(name)} is no name of {kind}: {rule}", **detail)
    if name.lower().startswith(RESERVED):
        raise Invalid(f"{shown(name)} is no name of {kind}: names that begin with `_oc_` are reserved", **detail)
    return name


def column(name: str) -> str:
    """The name of a column."""
    return identifier(name, "a column", column=name)


def schema_id(text: str) -> SchemaId:
    """The id of a schema, `ns.table`."""
    namespace, dot, table = text.partition(".")
    if not dot:
        raise Invalid(f"{shown(text)} is no id of a schema: expected `namespace.table`")
    return SchemaId(identifier(namespace, "a namespace"), identifier(table, "a table"))


def search_name(name: str, kind: str) -> str:
    """The name of a vector table, a text table or a text field: 1 to 128 letters, digits, `_`, `.` and `-`."""
    if not _SEARCH_NAME.fullmatch(name):
        raise Invalid(f"{shown(name)} is no name of {kind}: expected 1 to 128 letters, digits, `_`, `.` and `-`")
    return name


def document_id(name: str) -> str:
    """The id of a vector or of a document: any 1 to 512 characters that every store can keep."""
    if not 1 <= len(name) <= LONGEST_ID:
        raise Invalid(f"an id has 1 to {LONGEST_ID} characters, this one {len(name)}")
    if flaw := flaw_of(name):
        raise Invalid(f"an id cannot hold {flaw}")
    return name


def kept_key(key: str) -> str:
    """A caller's own key for what the store keeps under it: any text that every engine can keep in an index."""
    if flaw := flaw_of(key):
        raise Invalid(f"a key cannot hold {flaw}")
    if len(key.encode()) > LONGEST_KEPT_KEY:
        raise Invalid(f"a key has at most {LONGEST_KEPT_KEY:,} bytes")
    return key


def flaw_of(text: str) -> str | None:
    """What keeps a text from being stored, if anything: U+0000, or half of a surrogate pair."""
    if "\0" in text:
        return "U+0000"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a lone surrogate"
    return None


def clash(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two names that are equal or differ in case alone, or None."""
    seen: dict[str, str] = {}
    for name in names:
        folded = name.lower()
        if folded in seen:
            return seen[folded], name
        seen[folded] = name
    return None
