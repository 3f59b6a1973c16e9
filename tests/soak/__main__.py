"""`python -m tests.soak [--minutes N]`: mixed load of eight namespaces on a server, and a page of what has grown.

Every minute it looks at the memory, descriptors and threads of each process, at the data folder, at the rows of all
tables and at the delays. Exit code: 0 where every answer was as expected.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench.chains import slow_model
from tests.crash.sink import taking
from tests.http.running import Server, accounts_of, running
from tests.soak.kinds import fill, set_up
from tests.soak.load import Load
from tests.soak.page import PAGE, page
from tests.soak.samples import Figures, sample
from tests.soak.tenants import Login, Tenant

TENANTS = 8
EVERY_S = 60.0
SEARCH_BYTES = 4 * 2**20
"""What a process keeps of indexes of words: so little that there is no more of it after some minutes."""
SCOPES = ("query", "read", "write", "admin")
PASSWORD = "plum-Anchor-7-violet"


def main() -> int:
    """Runs from the command line."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="oql", ignore_cleanup_errors=True) as folder:
        series, load = soak(asked.keep or Path(folder), asked)
    text = page(series, load, asked)
    sys.stdout.write(text)
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    return 1 if load.faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the load (default: %(default)s)")
    parser.add_argument("--every", type=float, default=EVERY_S, help="seconds between samples (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="the folder in which the data of the server stays")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    return parser.parse_args()


def soak(folder: Path, asked: argparse.Namespace) -> tuple[list[tuple[float, Figures]], Load]:
    """The samples, each with the hours since the beginning, and the load that was there."""
    folder.mkdir(parents=True, exist_ok=True)
    with taking() as sink, slow_model(0.02) as model:
        settings = {
            "dev": "false", "site_paths": "true", "outbound_allow": sink.at, "store_rate_per_minute": "100000",
            "store_burst": "100000", "model_base_url": model, "model_default": "small",
            "store_search_bytes": str(SEARCH_BYTES),
        }  # fmt: skip
        with running(folder / "data", **settings) as server:
            tenants = [
                Tenant(number, login, server.url, sink.url, random.Random(1_000 * asked.seed + number))
                for number, login in enumerate(logins(server))
            ]
            for tenant in tenants:
                set_up(tenant)
                fill(tenant)
            load = Load(tenants, asked.rate, random.Random(asked.seed))
            return _under(load, server, asked), load


def logins(server: Server) -> Sequence[Login]:
    """New accounts."""
    accounts = accounts_of(server)
    found = []
    for number in range(TENANTS):
        account = accounts.add(f"soak{number}", PASSWORD, tier="enterprise")
        token = accounts.issue_token(account, scopes=SCOPES).secret
        found.append(Login(account.username, PASSWORD, token, account.namespace))
    accounts.close()
    return found


def _under(load: Load, server: Server, asked: argparse.Namespace) -> list[tuple[float, Figures]]:
    thread = threading.Thread(target=load.run)
    thread.start()
    began = time.monotonic()
    series: list[tuple[float, Figures]] = []
    try:
        while (now := time.monotonic() - began) < asked.minutes * 60:
            time.sleep(min(asked.every, max(0.1, asked.minutes * 60 - now)))
            seconds = time.monotonic() - began
            series.append((seconds / 3600, sample(server) | _answers(load, asked.every)))
            sys.stderr.write(_line(seconds, series[-1][1], load))
    finally:
        load.stopping.set()
        thread.join()
    return series


def _answers(load: Load, seconds: float) -> Figures:
    figures: Figures = {"unexpected answers so far": float(len(load.faults))}
    for name, delays in load.taken().items():
        figures[f"{name}: answers/s"] = len(delays) / seconds
        figures[f"{name}: p50, ms"] = delays[len(delays) // 2] * 1000
        figures[f"{name}: p99, ms"] = delays[int(len(delays) * 0.99)] * 1000
    return figures


def _line(seconds: float, figures: Figures, load: Load) -> str:
    pss = sum(value for name, value in figures.items() if name.endswith("PSS, MB"))
    rate = sum(value for name, value in figures.items() if name.endswith("answers/s"))
    open_files = sum(value for name, value in figures.items() if name.endswith(": descriptors"))
    told = f"{seconds:5.0f} s: {pss:.0f} MB, {open_files:.0f} descriptors, {rate:.1f} answers/s, "
    return f"{told}load {os.getloadavg()[0]:.1f}, {len(load.faults)} unexpected\n"


if __name__ == "__main__":
    sys.exit(main())
