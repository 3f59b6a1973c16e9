"""Statements of the store as psycopg takes them."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def translated(sql: str, schema: str) -> bytes:
    """A statement with `?` for its values. The comment gives each schema prepared statements of its own.

    PostgreSQL would plan a shared one anew whenever the schema changes, and refuse it where types differ.
    """
    return f"/*{schema}*/ {sql.replace('%', '%%').replace('?', '%s')}".encode()
