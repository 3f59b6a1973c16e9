"""Opens the accounts of a data folder as the settings have it."""

from accounts.service import Accounts
from oql.passwords import Argon2Cost
from oql.settings import Settings


def open_accounts(settings: Settings) -> Accounts:
    """The accounts of the data folder."""
    cost = Argon2Cost(memory_kib=settings.password_memory_kib, passes=settings.password_passes)
    return Accounts(
        settings.data, development=settings.dev, password_cost=cost, token_max_age_s=settings.token_max_age_s
    )
