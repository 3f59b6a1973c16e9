"""`python -m bench.writing FOLDER NUMBER`: one of several processes that write to one namespace, and what it met."""

import json
import sys
import time
from pathlib import Path

from substrate.opening import open_store

SECONDS = 4.0


def main() -> int:
    """Writes row after row for some seconds, each durable; prints the longest wait, the commits, the seconds."""
    namespace = open_store("", Path(sys.argv[1])).namespace("bench")
    first = int(sys.argv[2]) * 10_000_000
    longest, commits, begun = 0.0, 0, time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        asked = time.perf_counter()
        row = {"id": first + commits, "who": "somebody", "price": 12.5}
        namespace.write(lambda frame, row=row: frame.put("shop.orders", row))  # type: ignore[misc] # bound at once
        longest = max(longest, time.perf_counter() - asked)
        commits += 1
    json.dump({"longest": longest, "commits": commits, "seconds": time.perf_counter() - begun}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
