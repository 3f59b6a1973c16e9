"""What is learnt of statements: which are quick, and for how long those rest that were not after all."""

import time

import pytest

from substrate.interface import NotQuick
from substrate.quick import MOST_S, QuickStatements, is_harmless

SQL = 'SELECT s1."who" AS c1 FROM t1 AS s1 WHERE (s1."id" = ?)'


def known() -> QuickStatements:
    quick = QuickStatements()
    with quick.measured(SQL):
        pass
    assert SQL in quick
    return quick


def compute(seconds: float) -> None:
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


def test_what_computes_for_long_on_a_thread_is_not_known() -> None:
    quick = QuickStatements()
    with quick.measured(SQL):
        compute(2 * MOST_S)
    assert SQL not in quick


def test_what_has_answered_and_computed_for_long_is_given_up() -> None:
    """One instruction may take long, and so may what is made of the rows."""
    quick = known()
    with quick.at_once(SQL):
        compute(3 * MOST_S)
    assert SQL not in quick


def test_whoever_is_given_up_again_and_again_rests_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("substrate.quick.REST_S", 0.05)
    quick = known()
    rests = []
    for _ in range(3):
        given_up = time.monotonic()
        with pytest.raises(NotQuick), quick.at_once(SQL):
            raise NotQuick
        while SQL not in quick:
            with quick.measured(SQL):
                pass
        rests.append(time.monotonic() - given_up)
    assert [rest >= least for rest, least in zip(rests, (0.05, 0.1, 0.2), strict=True)] == [True] * 3


@pytest.mark.parametrize(
    ("sql", "harmless"),
    [
        (SQL, True),
        ('SELECT count(*) AS c1, oql_finite(sum(s1."a")) AS c2 FROM t1 AS s1 GROUP BY s1."b"', True),
        ('SELECT s1."replace (" AS c1 FROM t1 AS s1 WHERE (s1."like" IN (?, ?))', True),
        ('SELECT s1."a" AS c1 FROM t1 AS s1 WHERE (s1."a" LIKE ?)', False),
        ('SELECT a1."a" FROM t1 AS a1 WHERE a1."a" GLOB ? ORDER BY a1."id"', False),
        ('SELECT trim (s1."a", ?) AS c1 FROM t1 AS s1', False),
        ('SELECT REPLACE(s1."a", ?, ?) AS c1 FROM t1 AS s1', False),
        (SQL + " " * 4_000, False),
    ],
)
def test_what_is_harmless(sql: str, harmless: bool) -> None:
    assert is_harmless(sql) is harmless
