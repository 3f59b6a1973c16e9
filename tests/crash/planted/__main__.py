"""`python -m tests.crash.planted [NAME...]`: plants each bug in a copy of the project, and says whether it is caught.

The tests that are to catch them have to pass without them, which is looked at first. Exit code: 0 if all are caught.
"""

import sys
import tempfile
from pathlib import Path

from tests.crash.planted import copy_to, is_caught, passes, planted


def main() -> int:
    """Runs those that are named, or all."""
    chosen = [bug for bug in planted() if not sys.argv[1:] or bug.name in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        copy_to(Path(folder) / "clean")
        for tests in dict.fromkeys(bug.tests for bug in chosen):
            if not passes(tests, Path(folder) / "clean"):
                sys.stdout.write(f"fails without any bug: {' '.join(tests)}\n")
                return 1
        missed = 0
        for bug in chosen:
            caught = is_caught(bug, Path(folder) / bug.name)
            missed += not caught
            sys.stdout.write(f"{'caught' if caught else 'NOT CAUGHT':<11} {bug.name}: {bug.what}\n")
            sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
