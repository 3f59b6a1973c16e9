"""What a tenant holds, and what it may."""

from accounts.service import Accounts
from server.store.gate import Visit
from server.store.threads import Threads
from substrate import json


class Usage:
    """The work of /usage."""

    def __init__(self, accounts: Accounts, threads: Threads) -> None:
        self._accounts = accounts
        self._threads = threads

    async def usage(self, visit: Visit) -> None:
        """Rows and bytes, those of each table too; a limit that is null is none."""
        visit.answer(await self._threads.run(self._told, visit))

    def _told(self, visit: Visit) -> bytes:
        account = self._accounts.of_namespace(visit.tenant)
        limits = {"rows": None, "bytes": account.tier.storage_bytes if account else None}
        return json.dumps({"tenant": visit.tenant, **visit.namespace.usage(), "limits": limits})
