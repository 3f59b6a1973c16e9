"""What `oql doctor` looks at: each function looks at one thing and changes nothing."""

import errno
import os
import re
import shutil
import socket
import stat
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

OLDEST_PYTHON = (3, 11)
LITTLE_SPACE = 2**30
NO_SPACE = 100 * 2**20

_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: how it is, what was looked at, what was found, and what to do about it."""

    level: Literal["ok", "warn", "fail"]
    what: str
    found: str
    advice: str = ""


def python() -> Finding:
    """Is Python new enough?"""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding("fail", "Python", version, "install Python 3.11 or newer")
    return Finding("ok", "Python", f"{version} ({sys.executable})")


def packages() -> Finding:
    """Is everything there that OQL requires?"""
    try:
        required = [_name(line) for line in metadata.requires("oql") or () if "extra ==" not in line]
    except metadata.PackageNotFoundError:
        return Finding("warn", "packages", "oql itself is not installed", "install it with pip, or by `make install`")
    missing = [name for name in required if not _installed(name)]
    if missing:
        return Finding("fail", "packages", f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return Finding("ok", "packages", f"all {len(required)} are there")


def grammar_cache() -> Finding:
    """Are the parser's tables kept between starts?"""
    from oql.grammar import cache_folder

    folder = cache_folder()
    if folder is None:
        advice = "set OQL_CACHE to a folder that only its owner can write; without one every start takes longer"
        return Finding("warn", "grammar cache", "cannot be written", advice)
    return Finding("ok", "grammar cache", str(folder))


def settings(data: str | None) -> tuple[Finding, Any]:
    """Are the settings valid? With the settings when they are."""
    from oql.settings import Settings, SettingsError

    try:
        found = Settings.load(data)
    except SettingsError as error:
        return Finding("fail", "settings", "; ".join(error.problems), "see `oql settings --help`"), None
    given = [row for row in found.table() if row.origin != "default"]
    return Finding("ok", "settings", f"valid, {len(given)} set"), found


def folder(settings: Any) -> Finding:
    """Can the data folder be used, and by nobody else?"""
    data: Path = settings.data
    there = data
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("fail", "data folder", f"{there} cannot be written", "choose another with --data or OQL_DATA")
    if there != data:
        return Finding("ok", "data folder", f"{data} (not made yet)")
    rights = stat.S_IMODE(data.stat().st_mode)
    if rights & 0o077:
        return Finding("warn", "data folder", f"{data} is open to other users", f"chmod 700 {data}")
    return Finding("ok", "data folder", str(data))


def space(settings: Any) -> Finding:
    """Is there room in the data folder?"""
    there: Path = settings.data
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    shown = f"{free / 2**30:,.1f} GiB free"
    if free < LITTLE_SPACE:
        return Finding("fail" if free < NO_SPACE else "warn", "disk", shown, f"make room on the disk of {there}")
    return Finding("ok", "disk", shown)


def database(settings: Any) -> Finding:
    """Does the control database open?"""
    from accounts.opening import open_accounts
    from substrate.interface import DatabaseError

    if not (settings.data / "accounts.sqlite").exists():
        return Finding("ok", "control database", "not made yet")
    accounts = open_accounts(settings)
    try:
        count = len(accounts.list())
    except DatabaseError as error:
        return Finding("fail", "control database", str(error), "look at the rights of its files, or bring back a copy")
    finally:
        accounts.close()
    return Finding("ok", "control database", f"opens, accounts: {count}")


def redis(settings: Any) -> Finding:
    """Does the Redis that is set answer, or can a private one be started?"""
    from worker.hints import answers, eviction
    from worker.valkey import redis_url

    later = "jobs run without it too, but start later"
    url = redis_url(settings)
    if url is None:
        return Finding("warn", "Redis", "none is set, and no private one runs here", f"set OQL_REDIS_URL; {later}")
    if not settings.redis_url:
        running = "runs" if not answers(url) else "is started with the server"
        return Finding("ok", "Redis", f"a private one {running}")
    problem = answers(url)
    if problem:
        return Finding("fail", "Redis", problem, f"look at OQL_REDIS_URL, and at the server there; {later}")
    policy = eviction(url)
    if policy not in ("", "noeviction"):
        return Finding("warn", "Redis", f"answers, and evicts by {policy}", f"set maxmemory-policy noeviction; {later}")
    return Finding("ok", "Redis", "answers")


def port(settings: Any) -> Finding:
    """Is the port free?"""
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        from oql.cli.remote import version_at

        if error.errno == errno.EADDRINUSE and (version := version_at(settings.host, settings.port)):
            return Finding("ok", "port", f"{where}: OQL {version} answers")
        advice = "another program may have it; another port is chosen by --port or OQL_PORT"
        return Finding("warn", "port", f"{where}: {error.strerror}", advice)
    return Finding("ok", "port", f"{where} is free")


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    return found[0] if found else requirement


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
