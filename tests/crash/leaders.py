"""A leader of two servers that is killed while it is written to: whoever follows it has all that was answered."""

import random
import time
from pathlib import Path

import httpx

from tests.crash.course import Course
from tests.http.running import until
from tests.replication.servers import caught_up, following, leading, tenant_of
from tests.replication.test_drill import Writer, kill
from tests.store.asking import order

WRITERS = 4


def fail_overs(course: Course) -> None:
    """So many deaths of leaders."""
    written: list[int] = []

    def one(number: int) -> list[str]:
        folder = course.folder / f"{number}"
        folder.mkdir()
        return _failed_over(folder, course.chosen(number), written)

    course.each(course.dose, one)
    course.notes.append(f"{sum(written):,} answered writes, all with the follower")


def _failed_over(folder: Path, chosen: random.Random, written: list[int]) -> list[str]:
    small = {"workers": "1", "sync_timeout_ms": "10000"}
    with httpx.Client(timeout=60) as client, leading(folder / "a", followers="b", **small) as first:
        old = tenant_of(first, "ada", client)
        old.declare()
        with following(first, folder / "b") as second:
            caught_up(second, first, "ada")
            writers = [Writer(old, f"w{number}-") for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            until(lambda: all(len(writer.sure) > 5 for writer in writers), 60)
            time.sleep(chosen.uniform(0, 1))
            kill(first)
            for writer in writers:
                writer.join(20)
            sure = {key for writer in writers for key in writer.sure}
            written.append(len(sure))
            kept = {row["order_id"] for row in tenant_of(second, "ada", client).rows()}
        with leading(folder / "b", node_id="b", workers="1") as third:
            new = tenant_of(third, "ada", client)
            new.write(order("after", 1))
            later = {row["order_id"] for row in new.rows()}
    lost = [f"{len(sure - kept)} answered writes are lost, such as {min(sure - kept)}"] if sure - kept else []
    return lost + ([] if later == kept | {"after"} else ["the next leader does not have what the follower had"])
