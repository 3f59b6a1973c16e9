"""The words that statements begin with: SELECT, WITH, INSERT, DELETE, and those for which there is something else."""

from collections.abc import Mapping

from substrate.errors import Invalid, nearest, shown
from substrate.sql.place import invalid_at

SCHEMAS = "schemas are declared by manifests: use /schemas, and /migrations to change them"
TRANSACTIONS = "one request is one transaction: use `_batch`, or TRANSACTION in a program"
_SHOWN = "GET /schemas/:id shows a schema"

ALLOWED = ("SELECT", "WITH", "INSERT", "DELETE", "(")

REFUSED: Mapping[str, str] = {
    "UPDATE": "rows are written whole: use POST /rows, which replaces the row with the same key",
    "MERGE": "use POST /rows, which inserts or replaces",
    "UPSERT": "use POST /rows, which inserts or replaces",
    "REPLACE": "use POST /rows, which inserts or replaces",
    **dict.fromkeys(("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"), TRANSACTIONS),
    **dict.fromkeys(("CREATE", "ALTER", "DROP", "REINDEX", "COMMENT"), SCHEMAS),
    "TRUNCATE": "delete rows by their keys, or the schema by DELETE /schemas",
    "COPY": "write rows by POST /rows/:schema/_batch",
    "EXPLAIN": "use /query?explain=true",
    "SHOW": _SHOWN,
    "DESCRIBE": _SHOWN,
    "VALUES": "write SELECT",
    "TABLE": "write SELECT * FROM",
    **dict.fromkeys(
        ("SET", "RESET", "PRAGMA", "ATTACH", "DETACH", "VACUUM", "ANALYZE", "GRANT", "REVOKE", "LOCK", "DO", "CALL"),
        "expected SELECT, INSERT or DELETE",
    ),
}
"""The first words of what is refused, and what to use instead."""


def refused_opening(text: str, word: str, position: int) -> Invalid | None:
    """The refusal of a statement by its first word, if it is refused for that."""
    opening = word.upper()
    if opening in ALLOWED:
        return None
    if opening in REFUSED:
        message = f"{opening} is not supported: {REFUSED[opening]}"
        return invalid_at(text, position, message, code="unsupported", feature=opening)
    guess = nearest(word, ("SELECT", "INSERT", "DELETE"))
    hint = f": did you mean `{guess}`?" if guess else ""
    return invalid_at(text, position, f"expected SELECT, INSERT or DELETE, found {shown(word)}{hint}")
