"""Who has which site: the names under which programs answer browsers, one namespace for each."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from oql.site_names import SiteRefused, checked_name
from substrate.interface import ControlDatabase

MOST_SITES = 100
"""Sites that one namespace may have."""


@dataclass(frozen=True, slots=True)
class Site:
    """A name that is taken; `created_at` in Unix seconds."""

    name: str
    namespace: str
    created_at: float


class SiteStore:
    """The sites of one database. `has_account`: whether there is an account that has a namespace."""

    def __init__(
        self, database: ControlDatabase, has_account: Callable[[str], bool], now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._has_account = has_account
        self._now = now

    def namespace(self, name: str) -> str | None:
        """Whose the name is."""
        rows = self._database.read("SELECT namespace FROM site WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def claim(self, name: str, namespace: str) -> bool:
        """As `give`, but of a namespace without an account, which has no visitors, nothing is said."""
        owner = self.namespace(checked_name(name))
        if owner is None and not self._has_account(namespace):
            return False
        return self.give(name, namespace)

    def give(self, name: str, namespace: str) -> bool:
        """Gives a name to a namespace; whether it had not had it before. Raises SiteRefused."""
        owner = self.namespace(checked_name(name))
        if owner == namespace:
            return False
        if owner is not None:
            raise _taken(name)
        with self._database.write() as transaction:
            if transaction.execute("SELECT 1 FROM site WHERE name = ?", name):
                raise _taken(name)
            [[count]] = transaction.execute("SELECT COUNT(*) FROM site WHERE namespace = ?", namespace)
            if int(count or 0) >= MOST_SITES:
                raise SiteRefused(
                    f"a namespace has at most {MOST_SITES} sites", "let one be removed: `oql site remove`"
                )
            transaction.execute("INSERT INTO site VALUES (?, ?, ?)", name, namespace, self._now())
        return True

    def release(self, name: str, namespace: str) -> None:
        """Takes a name back from a namespace."""
        with self._database.write() as transaction:
            transaction.execute("DELETE FROM site WHERE name = ? AND namespace = ?", name, namespace)

    def all(self) -> tuple[Site, ...]:
        """Every site, by name."""
        rows = self._database.read("SELECT name, namespace, created_at FROM site ORDER BY name")
        return tuple(Site(str(name), str(namespace), float(at or 0)) for name, namespace, at in rows)


def _taken(name: str) -> SiteRefused:
    return SiteRefused(f"the site `{name}` belongs to somebody else", "choose another name")
