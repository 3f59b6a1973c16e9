"""`python -m bench.writing FOLDER NUMBER [SECONDS]`: one of several processes that write to one namespace."""

import json
import sys
import time
from pathlib import Path

from substrate.opening import open_store

SECONDS = 4.0


def main() -> int:
    """Writes row after row for some seconds, each durable; prints the longest wait, p99, the commits, the seconds."""
    namespace = open_store("", Path(sys.argv[1])).namespace("bench")
    first = int(sys.argv[2]) * 10_000_000
    lasts = float(sys.argv[3]) if len(sys.argv) > 3 else SECONDS
    waits: list[float] = []
    commits, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < lasts:
        asked = time.perf_counter()
        row = {"id": first + commits, "who": "somebody", "price": 12.5}
        namespace.write(lambda frame, row=row: frame.put("shop.orders", row))  # type: ignore[misc] # bound at once
        waits.append(time.perf_counter() - asked)
        commits += 1
    waits.sort()
    told = {"longest": waits[-1], "p99": waits[len(waits) * 99 // 100], "commits": commits}
    json.dump({**told, "seconds": time.perf_counter() - begun}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
