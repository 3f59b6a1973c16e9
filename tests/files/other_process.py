"""Another process on the same data folder, which writes files of its own until it is done, refused or killed."""

import subprocess
import sys
from pathlib import Path

from substrate.errors import StoreError
from substrate.files.opening import FileStore
from tests.files.asking import ASKER, NAMESPACE


def start(data: Path, name: str, count: int, size: int, limit: int) -> "subprocess.Popen[str]":
    """Starts one. Of each file that is on the disk it says a line; at the end, how it ended."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.files.other_process", str(data), name, str(count), str(size), str(limit)],
        stdout=subprocess.PIPE,
        text=True,
    )


def write(data: Path, name: str, count: int, size: int, limit: int) -> str:
    """Writes `count` files of `size` bytes in a folder of that name, each of which replaces nothing."""
    files = FileStore(data, str, quota_bytes=lambda _: limit).of(NAMESPACE)
    for number in range(count):
        path = f"/root/{name}/{number}"
        try:
            files.write(path, name[-1].encode() * size, ASKER)
        except StoreError as error:
            return error.code
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
    return "done"


if __name__ == "__main__":
    sys.stdout.write(write(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])) + "\n")
