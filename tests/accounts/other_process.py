"""A second process on the same data folder, which calls `Accounts` as it is told and answers what came of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from accounts.accounts import Account
from accounts.admission import Admitted
from accounts.errors import AccountsError
from accounts.service import Accounts
from tests.accounts.keeping import Keeping

NOON = 1_773_144_000.0
"""2026-03-10 12:00 UTC, where every clock of these tests begins; that of the other process stands still."""


class OtherProcess:
    """The process, for the length of a `with` block."""

    def __init__(self, keeping: Keeping) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.accounts.other_process", str(keeping.folder), keeping.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, method: str, *args: str) -> object:
        """What the call returned (of an account or token its name), or the code of the error it raised."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([method, *args]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def running(accounts: Accounts, account: Account) -> Iterator[Admitted]:
    """A query that is admitted, and runs as one at once until the end of the block."""
    admitted = accounts.admit(account)
    with accounts.slot(account):
        yield admitted


def _answer(accounts: Accounts, held: ExitStack, method: str, args: list[str]) -> object:
    try:
        if method == "hold":
            return held.enter_context(running(accounts, accounts.find(args[0]))).remaining
        result: Any = getattr(accounts, method)(*args)
    except AccountsError as error:
        return error.code
    account = getattr(result, "account", result)
    return getattr(account, "username", account)


def _main() -> None:
    accounts = Keeping(Path(sys.argv[1]), sys.argv[2]).open(now=lambda: NOON)
    with ExitStack() as held:
        for line in sys.stdin:
            method, *args = json.loads(line)
            sys.stdout.write(json.dumps(_answer(accounts, held, method, args)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _main()
