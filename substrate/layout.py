"""The store's own tables in every namespace. Declared tables stand beside them as t1, t2, ...

_oc_meta       one row: the epoch, where the first frame will stand in a log that has none, a count of all declarations,
               and how many migrations of the system tables were run
_oc_database   the databases that exist, also those without tables
_oc_table      the declared tables: number, id, version, text of the manifest
_oc_log        the change log: a frame for each unit of change; its place is segment * 2^32 + offset
_oc_gone       the last version of rows that were deleted, from which a new row under the key goes on counting
_oc_answer     answers to requests that changed something, by the callers' keys

The system tables are those of the rooms above (`substrate.system`), under names of their own, such as `job`.
"""

import secrets
from collections.abc import Sequence

from substrate.engine import DialectName

_SCRIPT = (
    """
    CREATE TABLE _oc_meta (
        one BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, segment BIGINT NOT NULL, place BIGINT NOT NULL,
        declarations BIGINT NOT NULL, tables BIGINT NOT NULL, cached BIGINT NOT NULL,
        system BIGINT NOT NULL)
    """,
    "INSERT INTO _oc_meta VALUES (1, 0, 0, 0, {declarations}, 0, 0, {system})",
    "CREATE TABLE _oc_database (name TEXT PRIMARY KEY)",
    """
    CREATE TABLE _oc_table (
        number BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, version BIGINT NOT NULL, text TEXT NOT NULL)
    """,
    "CREATE TABLE _oc_log (place {ordered} PRIMARY KEY, at_secs BIGINT NOT NULL, frame {bytes} NOT NULL)",
    """
    CREATE TABLE _oc_gone (
        number BIGINT NOT NULL, key TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (number, key)){compact}
    """,
    """
    CREATE TABLE _oc_answer (
        key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status BIGINT NOT NULL, body {bytes} NOT NULL,
        at_secs BIGINT NOT NULL, used_at BIGINT NOT NULL)
    """,
    """
    CREATE TABLE _oc_cache (
        key TEXT PRIMARY KEY, value {bytes} NOT NULL, expires DOUBLE PRECISION NOT NULL,
        written DOUBLE PRECISION NOT NULL, size BIGINT NOT NULL){compact}
    """,
    "CREATE INDEX _oc_cache_age ON _oc_cache (written, key)",
)

WORDS: dict[DialectName, dict[str, str]] = {
    "sqlite": {"ordered": "INTEGER", "bytes": "BLOB", "compact": " WITHOUT ROWID"},
    "postgres": {"ordered": "BIGINT", "bytes": "BYTEA", "compact": ""},
}
"""What each engine calls it: a key in whose order rows are kept, bytes, a table that is its own index."""


def script(dialect: DialectName, system: Sequence[str] = ()) -> list[str]:
    """The statements that make them, and the scripts `system` that make those of the rooms above.

    Declarations are counted from where no other namespace begins, so that one which was deleted and made again is not
    taken for the one before.
    """
    words = {**WORDS[dialect], "declarations": str(secrets.randbits(52)), "system": str(len(system))}
    return [*(statement.format(**words) for statement in _SCRIPT), *system]
