"""What `oql doctor` looks at around the data folder: the machine that a server is to run on, and its PostgreSQL."""

import os
import resource
import stat
from pathlib import Path
from typing import Any

from oql.cli.examination import Finding

FEW_FILES = 4_096
TOO_FEW_FILES = 512
MANY_FILES = 65_536
APART_SECONDS = 1.0
ELSEWHERE = frozenset(
    {"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "gfs2", "lustre", "nfs", "nfs4", "smb3", "smbfs"}
)
"""File systems of other machines."""
IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def files(_settings: Any) -> Finding:
    """May a process have as many files and connections open as a server needs?"""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    shown = "no limit" if most == resource.RLIM_INFINITY else f"{most:,} in a process"
    if most != resource.RLIM_INFINITY and most < FEW_FILES:
        advice = f"raise the hard limit: LimitNOFILE={MANY_FILES}, or `ulimit -Hn`"
        return Finding("fail" if most < TOO_FEW_FILES else "warn", "open files", shown, advice)
    return Finding("ok", "open files", shown)


def file_system(settings: Any) -> Finding:
    """Is the data folder on a disk of this machine?"""
    kind = kind_of(settings.data, _mounts())
    advice = "use a folder on a disk of this machine: locks and fsync have to work"
    if kind in ELSEWHERE:
        return Finding("fail", "file system", kind, advice)
    if kind in IN_MEMORY:
        return Finding("warn", "file system", f"{kind}: nothing survives a restart of the machine", advice)
    return Finding("ok", "file system", kind or "not known here")


def kind_of(folder: Path, mounts: str) -> str:
    """The kind of file system that a folder is on, by the lines of /proc/mounts; empty when they do not say."""
    best, kind = "", ""
    for line in mounts.splitlines():
        words = line.split()
        place = words[1].encode().decode("unicode_escape") if len(words) > 2 else ""
        if place and len(place) >= len(best) and folder.resolve().is_relative_to(place):
            best, kind = place, words[2]
    return kind


def secrets(settings: Any) -> Finding:
    """Is the key usable, and can only their owner read the key, the settings and the accounts?"""
    from worker.keys import key_problem

    problem = key_problem(settings)
    if problem:
        return Finding("fail", "secrets", problem, "the server does not start without it")
    kept = [settings.data / name for name in ("secret.key", "oql.toml", "accounts.sqlite")]
    there = [path for path in kept if path.exists()]
    open_ones = [path for path in there if stat.S_IMODE(path.stat().st_mode) & 0o077]
    others = [path for path in there if path.stat().st_uid != os.geteuid()]
    if open_ones:
        names = " ".join(map(str, open_ones))
        return Finding("fail", "secrets", f"open to other users: {names}", f"chmod 600 {names}")
    if others:
        names = " ".join(path.name for path in others)
        return Finding("warn", "secrets", f"of another user: {names}", "run this as the user of the server")
    return Finding("ok", "secrets", f"{len(there)} files, for their owner only")


def layout(settings: Any) -> Finding:
    """Can this version use the data folder?"""
    from server.process.folder import Refusal
    from server.process.folder_format import examine

    try:
        changes = examine(settings.data) and settings.data.exists()
    except Refusal as refusal:
        return Finding("fail", "layout", str(refusal), "see `Upgrades` in docs/operations.md")
    if (settings.data / "restore.incomplete").exists():
        return Finding("fail", "layout", "a backup was not restored to its end", "run `oql restore --force` again")
    return Finding("ok", "layout", "is brought up to date at the next start" if changes else "of this version")


def postgres(settings: Any) -> Finding:
    """Does the PostgreSQL that is set answer, and has it room for all processes of this server?"""
    if not settings.store:
        return Finding("ok", "PostgreSQL", "none is set: rows are kept in the data folder")
    from substrate.errors import StoreError
    from substrate.postgres.inspection import OF_A_PROCESS, inspect

    try:
        found = inspect(settings.store)
    except StoreError as error:
        return Finding("fail", "PostgreSQL", error.message, "look at OQL_STORE, and at the server there")
    needed = OF_A_PROCESS * (settings.workers + settings.job_workers + 1)
    shown = f"{found.version}, {found.connections} connections, {found.in_use} in use, at most {needed} of this server"
    for level, wrong, advice in (
        ("fail", not found.may_create, "GRANT CREATE ON DATABASE to the user of OQL_STORE"),
        ("fail", found.encoding != "UTF8", "create the database with ENCODING 'UTF8'"),
        ("warn", bool(found.unsafe), f"an answered write may be lost: set {found.unsafe} to on"),
        ("warn", abs(found.ahead_s) > APART_SECONDS, f"its clock is {found.ahead_s:+.1f} s ahead: let both follow NTP"),
        ("warn", found.connections < needed, f"max_connections has to be {needed} for each server, or fewer workers"),
    ):
        if wrong:
            return Finding("fail" if level == "fail" else "warn", "PostgreSQL", shown, advice)
    return Finding("ok", "PostgreSQL", shown)


def _mounts() -> str:
    try:
        return Path("/proc/mounts").read_text()
    except OSError:
        return ""
