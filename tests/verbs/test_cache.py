"""The cache in memory: life times, its bound in bytes, copies, and many threads at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from oql.cache import MemoryCache, MemoryCaches
from oql.errors import OqlError

KEYS = st.sampled_from(["a", "b", "c"])
ROOM = 4_000


class AgainstADictionary(RuleBasedStateMachine):
    """A cache that is large enough does what a dictionary of values and end times does."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = MemoryCache()
        self.model: dict[str, tuple[int, float]] = {}
        self.now = 0.0

    def live(self, key: str) -> int | None:
        value, end = self.model.get(key, (None, 0.0))
        return value if self.now < end else None

    @rule(key=KEYS, value=st.integers(), seconds=st.none() | st.integers(0, 5))
    def put(self, key: str, value: int, seconds: int | None) -> None:
        self.cache.put(key, value, self.now, seconds)
        self.model[key] = value, float("inf") if seconds is None else self.now + seconds

    @rule(key=KEYS, seconds=st.integers(0, 5))
    def expire(self, key: str, seconds: int) -> None:
        there = self.live(key) is not None
        assert self.cache.expire(key, self.now, seconds) is there
        if there:
            self.model[key] = self.model[key][0], self.now + seconds

    @rule(key=KEYS)
    def flush(self, key: str) -> None:
        assert self.cache.flush(key, self.now) is (self.live(key) is not None)
        self.model.pop(key, None)

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def gives_what_is_there(self) -> None:
        assert {key: self.cache.get(key, self.now) for key in "abc"} == {key: self.live(key) for key in "abc"}


TestAgainstADictionary = AgainstADictionary.TestCase


def kept(cache: MemoryCache, keys: list[str]) -> list[str]:
    return [key for key in keys if cache.get(key, 0) is not None]


def test_what_was_longest_unused_makes_room() -> None:
    cache = MemoryCache(ROOM)
    for key in "abc":
        cache.put(key, "x" * 1_000, 0, None)
    cache.get("a", 0)
    cache.put("d", "x" * 1_000, 0, None)
    assert kept(cache, list("abcd")) == ["a", "c", "d"]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3_000)), max_size=30))
def test_there_is_never_more_than_fits(writes: list[tuple[str, int]]) -> None:
    cache = MemoryCache(ROOM)
    last: dict[str, int] = {}
    for key, size in writes:
        cache.put(key, "x" * size, 0, None)
        last[key] = size
        assert cache.get(key, 0) == "x" * size
    found = {key: cache.get(key, 0) for key in last}
    assert all(value is None or len(value) == last[key] for key, value in found.items())
    assert sum(len(value) for value in found.values() if value is not None) <= ROOM


def test_a_value_larger_than_the_cache_is_refused_and_nothing_else_is_lost() -> None:
    cache = MemoryCache(ROOM)
    cache.put("a", 1, 0, None)
    with pytest.raises(OqlError) as caught:
        cache.put("b", "x" * ROOM, 0, None)
    assert caught.value.code == "QuotaExceeded"
    assert kept(cache, ["a", "b"]) == ["a"]


def test_values_are_copies() -> None:
    cache = MemoryCache()
    value = {"list": [1]}
    cache.put("k", value, 0, None)
    value["list"].append(2)
    first = cache.get("k", 0)
    first["list"].append(3)
    assert cache.get("k", 0) == {"list": [1]}


@pytest.mark.parametrize(
    ("value", "found"), [(2**200, 2**200), (1.5, 1.5), (2.0, 2), (b"\xff", "/w=="), (None, None), ("\x00é", "\x00é")]
)
def test_values_travel_as_json(value: object, found: object) -> None:
    cache = MemoryCache()
    cache.put("k", value, 0, None)
    assert cache.get("k", 0) == found


def test_a_deep_value_comes_back() -> None:
    cache = MemoryCache()
    deep: list[object] = []
    for _ in range(150):
        deep = [deep]
    cache.put("k", deep, 0, None)
    assert cache.get("k", 0) == deep


def test_namespaces_never_meet() -> None:
    caches = MemoryCaches(ROOM)
    caches.of("ada").put("k", 1, 0, None)
    assert caches.of("eve").get("k", 0) is None
    assert caches.of("ada").get("k", 0) == 1
    for number in range(20):
        caches.of("eve").put(f"{number}", "x" * 1_000, 0, None)
    assert caches.of("ada").get("k", 0) == 1


def test_many_threads_write_and_read_at_once() -> None:
    cache = MemoryCache(ROOM)
    numbers = count()

    def work(_: int) -> bool:
        number = next(numbers)
        key = f"{number % 7}"
        cache.put(key, ["x" * (number % 1_000)], 0, None)
        found = cache.get(key, 0)
        return found is None or set(found[0]) <= {"x"}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(3_000)))
    assert sum(len(cache.get(f"{key}", 0) or "") for key in range(7)) <= ROOM
