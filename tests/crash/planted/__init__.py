"""Bugs that were put in on purpose, as patches, and the tests that have to notice each of them.

A patch begins with what is wrong with it, and a line `Caught by: TESTS`, the arguments for pytest.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PATCHES = Path(__file__).parent
COPIED = (
    "accounts",
    "chains",
    "grammar",
    "oql",
    "server",
    "substrate",
    "tests",
    "worker",
    "pyproject.toml",
    "setup.cfg",
)
TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Planted:
    """One bug: `what` is wrong, and the arguments for pytest that have to fail with it."""

    name: str
    what: str
    tests: tuple[str, ...]
    patch: Path


def planted() -> list[Planted]:
    """All of them, by name."""
    return [_read(path) for path in sorted(PATCHES.glob("*.patch"))]


def is_caught(bug: Planted, folder: Path) -> bool:
    """Whether the tests of a bug fail with it, in a copy of the project. Raises ValueError: the patch does not fit."""
    copy_to(folder)
    done = subprocess.run(
        ["patch", "-p1", "--silent", "--force", "--fuzz=3", f"--input={bug.patch}"],
        cwd=folder, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise ValueError(f"{bug.patch.name} does not fit any more: {done.stdout}{done.stderr}")
    return not passes(bug.tests, folder)


def passes(tests: tuple[str, ...], folder: Path) -> bool:
    """Whether these tests pass in a copy of the project. Raises ValueError where they cannot even be collected."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-x", "-p", "no:cacheprovider", *tests],
        cwd=folder, check=False, capture_output=True, text=True, timeout=TIMEOUT_S,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    if done.returncode not in (0, 1) or "error during collection" in done.stdout:
        raise ValueError(f"pytest {' '.join(tests)} did not run: {done.stdout[-2_000:]}{done.stderr[-500:]}")
    return done.returncode == 0


def copy_to(folder: Path) -> None:
    """Copies what the tests need."""
    unneeded = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=unneeded)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)


def _read(path: Path) -> Planted:
    what, caught, *_ = path.read_text().split("\n", 2)
    tests = caught.removeprefix("Caught by: ").split()
    return Planted(path.stem, what, tuple(tests), path)
