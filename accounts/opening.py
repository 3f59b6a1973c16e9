"""Opens the accounts of a data folder as the settings have it."""

from accounts.schema import DATABASE, MIGRATIONS
from accounts.service import Accounts
from oql.passwords import Argon2Cost
from oql.settings import Settings
from substrate.opening import open_control


def open_accounts(settings: Settings) -> Accounts:
    """The accounts of the data folder, or of the PostgreSQL database that is the store."""
    cost = Argon2Cost(memory_kib=settings.password_memory_kib, passes=settings.password_passes)
    return Accounts(
        settings.data,
        database=open_control(settings.store or "", settings.data, DATABASE, MIGRATIONS),
        development=settings.dev,
        password_cost=cost,
        token_max_age_s=settings.token_max_age_s,
    )
