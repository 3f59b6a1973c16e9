"""Keys that the store makes."""

import os
import time
from uuid import UUID

from substrate.interface.new_keys import new_key


def test_a_key_is_a_uuid_of_version_7_and_its_time() -> None:
    before = time.time_ns() // 1_000_000
    keys = [UUID(new_key()) for _ in range(2_000)]
    after = time.time_ns() // 1_000_000
    assert {(key.version, key.variant) for key in keys} == {(7, "specified in RFC 4122")}
    assert all(before <= key.int >> 80 <= after for key in keys)
    assert len(set(keys)) == 2_000


def test_a_key_is_written_as_uuids_are() -> None:
    assert all(key == str(UUID(key)) for key in (new_key() for _ in range(20)))


def test_the_child_of_a_fork_makes_other_keys() -> None:
    new_key()  # so that chance is drawn for more of them
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.write(writes, new_key()[-12:].encode())
        os._exit(0)
    ours = new_key()[-12:]
    os.waitpid(child, 0)
    assert os.read(reads, 12).decode() != ours
    os.close(reads)
    os.close(writes)
