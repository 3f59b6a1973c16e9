"""Changes that are noted at commits, and looked at by a thread of their own."""

from queue import SimpleQueue

from substrate.errors import Unavailable
from worker.changes import Changes

WAIT_S = 10


def test_each_noted_name_is_looked_at_and_so_are_later_ones() -> None:
    looked: SimpleQueue[str] = SimpleQueue()
    changes = Changes(looked.put)
    for name in ("ada", "bob"):
        changes.note(name)
    assert {looked.get(timeout=WAIT_S), looked.get(timeout=WAIT_S)} == {"ada", "bob"}
    changes.note("ada")
    assert looked.get(timeout=WAIT_S) == "ada"


def test_a_look_that_fails_does_not_end_the_others() -> None:
    looked: SimpleQueue[str] = SimpleQueue()

    def look(name: str) -> None:
        looked.put(name)
        raise Unavailable("the disk is gone")

    changes = Changes(look)
    for name in ("ada", "bob"):
        changes.note(name)
        assert looked.get(timeout=WAIT_S) == name
