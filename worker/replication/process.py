"""The process beside web and job workers that keeps the lease of its server, or follows another one."""

import logging
import socket
import threading

from oql.jobs.schema import MIGRATIONS as SYSTEM
from oql.settings import Settings
from substrate.interface import Store
from substrate.opening import open_store
from substrate.replication.leases import DATABASE, MIGRATIONS, Followers, Leases
from substrate.replication.standing import FILE, Standing, Standings
from worker.process import process, wait
from worker.replication.asking import Server
from worker.replication.following import Following
from worker.replication.keeping import ElsewhereLeases, Keeper

RENEWALS = 3
"""How often a lease is renewed before it would run out."""
LONGEST_PAUSE = 1.0

_log = logging.getLogger("oql.replication")


def begin(settings: Settings) -> None:
    """Says what this server is before any process of it works: follower, leader, or alone."""
    standings = Standings(settings.data)
    if settings.replicate_from:
        standings.say(Standing("follower", leader=settings.replicate_from))
    elif settings.node_id:
        standings.say(Standing("leader"))
        store = open_store(settings.store or "", settings.data, system=SYSTEM)
        try:
            _keeper(settings, store).renew()
        finally:
            store.close()
    elif (settings.data / FILE).exists():
        standings.say(Standing())


def run_replication(settings: Settings, parent: int | None = None) -> None:
    """Keeps the lease or follows, until it is told to end or its parent is gone."""
    with process("oql: replication", parent) as stopping:
        follows = bool(settings.replicate_from)
        store = open_store(settings.store or "", settings.data, system=SYSTEM, fenced=not follows)
        work = _follow if follows else _keep
        thread = threading.Thread(target=work, args=(settings, store, stopping), daemon=True)
        thread.start()
        wait(stopping, parent)
        stopping.set()
        thread.join(3)


def _keep(settings: Settings, store: Store, stopping: threading.Event) -> None:
    """Renews the lease until it is told to stop. Whatever fails costs one round: nobody else would renew it."""
    keeper: Keeper | None = None
    pause = min(LONGEST_PAUSE, settings.lease_ttl_s / RENEWALS)
    while not stopping.is_set():
        try:
            keeper = keeper or _keeper(settings, store)
            keeper.renew()
        except Exception:  # noqa: BLE001 - see above
            _log.exception("the lease cannot be renewed now")
        stopping.wait(pause)


def _keeper(settings: Settings, store: Store) -> Keeper:
    own = Leases(store.control(DATABASE, MIGRATIONS))
    server = Server(settings.lease_url, settings.lease_token or "") if settings.lease_url else None
    table = ElsewhereLeases(server) if server else own
    name = settings.node_id or ""
    return Keeper(table, own, Standings(settings.data), store, name, settings.lease_ttl_s, bool(settings.store))


def _follow(settings: Settings, store: Store, stopping: threading.Event) -> None:
    """Follows until it is told to stop. What cannot begin now is tried again: nobody else would."""
    name = settings.node_id or socket.gethostname()
    url, token = settings.replicate_from or "", settings.replicate_token or ""
    while not stopping.is_set():
        try:
            control = store.control(DATABASE, MIGRATIONS)
            Following(store, Leases(control), Followers(control), url, token, name, stopping).run()
        except Exception:  # noqa: BLE001 - see above
            _log.exception("the leader cannot be followed now")
            stopping.wait(LONGEST_PAUSE)
