"""One call on two back ends, one after the other: the answer that both give, or a Difference.

Keys that the store makes (UUIDs) are random; while a mirror is open both sides of a call draw the same ones.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.substrate.mirror import alike
from tests.substrate.mirror.alike import View

_source: ContextVar[Random | None] = ContextVar("source of keys", default=None)
_calls = itertools.count(1)
_LONGEST = 2_000
ENGINES = ("sqlite", "postgres")


class Difference(AssertionError):
    """The back ends do not say the same: what was asked, and both answers."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call on one side."""

    answer: Any = None
    refusal: BaseException | None = None

    @classmethod
    def of(cls, call: Callable[[], Any]) -> "Outcome":
        """That of this call. What ends a process is no outcome."""
        try:
            return cls(call())
        except Exception as refusal:  # noqa: BLE001 - it is compared with that of the other side
            return cls(refusal=refusal)

    def given(self) -> Any:
        """The answer; raises the refusal."""
        if self.refusal is not None:
            raise self.refusal
        return self.answer


def both(asked: str, left: Callable[[], Any], right: Callable[[], Any], view: View = alike.whole) -> Any:
    """What both calls give, that of the left. Raises Difference."""
    number = next(_calls)
    outcomes = [_drawing(number, call) for call in (left, right)]
    return agreed(asked, outcomes[0], outcomes[1], view).given()


def agreed(asked: str, left: Outcome, right: Outcome, view: View = alike.whole) -> Outcome:
    """The outcome of both sides, that of the left. Raises Difference."""
    shown = _shown(left, right, view)
    if shown[0] == shown[1]:
        return left
    same = next((n for n, (a, b) in enumerate(zip(*shown, strict=False)) if a != b), 0)
    first = max(0, same - _LONGEST // 4)
    told = [
        f"{engine:8} {'... ' * (first > 0)}{_cut(text[first:])}" for engine, text in zip(ENGINES, shown, strict=True)
    ]
    cause = next((outcome.refusal for outcome in (left, right) if outcome.refusal), None)
    raise Difference("\n".join([_cut(asked), *told])) from cause


def _shown(left: Outcome, right: Outcome, view: View) -> tuple[str, str]:
    """What has to be the same on both sides."""
    if left.refusal is not None and right.refusal is not None:
        return alike.refusals(left.refusal, right.refusal)
    first, second = (repr(each.refusal or view(each.answer)) for each in (left, right))
    return first, second


def call_text(name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> str:
    """A call as a Difference shows it."""
    parts = [*map(repr, arguments), *(f"{key}={value!r}" for key, value in named.items() if value is not None)]
    return f"{name}({', '.join(parts)})"


@contextmanager
def same_keys() -> Iterator[None]:
    """In the block both sides of a call are given the same new keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("substrate.rows.new_key", _new_key)
        yield


def _drawing(number: int, call: Callable[[], Any]) -> Outcome:
    token = _source.set(Random(number))
    try:
        return Outcome.of(call)
    finally:
        _source.reset(token)


def _new_key() -> str:
    source = _source.get()
    return str(uuid4() if source is None else UUID(int=source.getrandbits(128), version=4))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"
