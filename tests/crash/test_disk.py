"""A disk that is full, or fails: a clear error, nothing damaged, and whatever was answered is there."""

from pathlib import Path

import pytest

from tests.crash.disk import HOWS, failed_at
from tests.crash.sink import taking
from tests.crash.works import everything


@pytest.mark.parametrize(("n", "how"), [(1, "full"), (9, "broken"), (17, "full*"), (30, "broken*"), (55, "full")])
def test_a_disk_that_fails(n: int, how: str, tmp_path: Path) -> None:
    assert how in HOWS
    with taking() as sink:
        failed, wrong = failed_at(tmp_path / "data", sink, everything("t", sink.url), n, how)
    assert not wrong
    assert failed
