"""How many rows the turns of a migration copy beside writers, by a model of them with a clock of its own."""

from collections.abc import Iterator
from itertools import islice, pairwise

import pytest

from substrate.migrations.pace import LEAST_WRITES, LONG_SECONDS, ROW_SECONDS, Pace, Turn
from substrate.migrations.shadow import CHUNK

FIXED_SECONDS = 3e-4
"""What a turn takes beside its rows."""


def turns(rate: float, waited: float = 0.0, row: float = 5e-7) -> Iterator[Turn]:
    """The turns beside so many writes a second, each waited for so long, where a row takes so long."""
    pace, now, began, left = Pace(), 0.0, 0.0, 0.0
    while True:
        left += rate * (now - began)
        writes, left = int(left), left % 1
        began = now + waited
        held = FIXED_SECONDS + pace.rows * row
        turn = Turn(began, waited, held, pace.rows * row, pace.rows)
        yield turn
        now = max(began + held, pace.after(turn, writes))


def test_nobody_writes() -> None:
    found = list(islice(turns(0), 100))
    assert {turn.rows for turn in found} == {CHUNK}
    assert found[-1].began == pytest.approx(99 * (FIXED_SECONDS + CHUNK * 5e-7))  # one behind the other


def test_many_writes_one_after_the_other() -> None:
    found = list(islice(turns(1_500, waited=5e-4), 100))
    assert found[1].rows <= CHUNK  # nobody knows yet
    for turn, later in pairwise(found[20:]):
        assert turn.copying <= LONG_SECONDS
        assert 1_500 * (later.began - turn.began) > LEAST_WRITES
        assert (later.began - turn.began) / turn.rows == pytest.approx(ROW_SECONDS, rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "waited", "row"),
    [(5, 0.0, 5e-7), (100, 0.0, 5e-7), (700, 0.0, 5e-7), (1_500, 2e-3, 5e-7), (1_500, 5e-4, 16e-6)],
    ids=("hardly any writes", "few writes", "too few writes", "many writers at once", "rows that take long"),
)
def test_turns_stay_short(rate: float, waited: float, row: float) -> None:
    found = list(islice(turns(rate, waited, row), 2_000))
    assert max(turn.rows for turn in found) <= CHUNK
    assert found[-1].held < 3e-3


def test_a_long_turn_is_as_long_as_it_may_be() -> None:
    # For one of 250 writes a turn would be 250 / 1200 s * 0.5 us / 8.5 us = 12 ms; with 10 ms it still is one of 204.
    found = list(islice(turns(1_200), 100))[20:]
    assert {round(turn.copying, 4) for turn in found} == {LONG_SECONDS}
