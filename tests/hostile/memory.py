"""How much memory a server holds, all its processes together."""

from pathlib import Path

from tests.http.running import children


def held(pid: int) -> int:
    """The bytes of memory that a process and all that it has started hold of their own."""
    return _own(pid) + sum(held(child) for child in children(pid))


def _own(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1_024 for line in lines if line.startswith("Private_"))
