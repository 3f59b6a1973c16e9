"""One key for all machines that share a store: what one encrypts, signs and links to, the others have to read."""

from oql.settings import Settings
from substrate.cipher import derived_key, kept_key
from substrate.errors import Unavailable
from substrate.opening import open_control

DATABASE = "installation"
MIGRATIONS = ("CREATE TABLE installation (name TEXT PRIMARY KEY, value TEXT NOT NULL);",)
_PURPOSE = "which key this is"


class WrongKey(Exception):
    """The store was made under another key than that of this data folder."""


def key_problem(settings: Settings) -> str:
    """Why the key of the data folder cannot be used; empty where it can, or will be made. Changes nothing."""
    try:
        kept_key(settings.data)
    except Unavailable as error:
        return error.message
    except OSError as error:
        return str(error)
    return ""


def check_key(settings: Settings) -> None:
    """Looks at the key of the data folder, and notes in a shared store that it is used under that.

    Raises WrongKey, DatabaseError, StoreError.
    """
    mine = derived_key(settings.data, _PURPOSE).hex()
    if not settings.store:
        return
    control = open_control(settings.store, settings.data, DATABASE, MIGRATIONS)
    try:
        with control.write() as transaction:
            transaction.execute("INSERT INTO installation (name, value) VALUES ('key', ?) ON CONFLICT DO NOTHING", mine)
            [(kept,)] = transaction.execute("SELECT value FROM installation WHERE name = 'key'")
    finally:
        control.close()
    if kept != mine:
        raise WrongKey(
            f"the store belongs to another key than {settings.data / 'secret.key'}: copy that file from the data folder"
            " of the server that made the store"
        )
