"""Verbs on the cache: values kept for other runs of the same namespace."""

from oql.context import Cache
from oql.errors import Code, expected
from oql.values import Value, json_weight
from oql.verbs.declare import Any, Family, Text, describe
from oql.verbs.run import Run
from oql.verbs.time import Duration, checked

family = Family("cache", "Cache", exec_class="Io", options={"effect": "store", "touches": "cache"})


@family.verb(
    "CACHE",
    examples=[
        ('CACHE "Ada" AS "name" AFTER CACHE "name"', "Ada"),
        ('CACHE 5 AS "n" ON 60 AFTER CACHE "n"', 5),
        ('CACHE "nothing here"', None),
    ],
    names="AS",
    reads_without="AS",
    only_with={"ON": "AS"},
)
def cache(run: Run, value: Any, *, as_: Text | None = None, on: Duration | None = None) -> Value:
    """Keeps a value under the key that AS names, ON so many seconds or for ever; without AS reads the key.

    Reading gives null when nothing is there, or no longer. Values travel as JSON, so binary comes back as
    base64.
    """
    if as_ is not None:
        run.claim(json_weight(value))
        _cache_of(run).put(as_, value, run.clock(), None if on is None else checked(on, Code.TYPE_FAILED))
        return True
    if not isinstance(value, str):
        raise expected(Code.TYPE_FAILED, "a key to read from the cache", describe(value))
    return _cache_of(run).get(value, run.clock())


@family.verb("FLUSH", examples=[('CACHE 1 AS "k" AFTER FLUSH "k" AFTER CACHE "k"', None)])
def flush(run: Run, key: Text) -> bool:
    """Forgets what is cached under a key, and tells whether there was anything."""
    return _cache_of(run).flush(key, run.clock())


@family.verb("EXPIRE", examples=[('CACHE 1 AS "k" AFTER EXPIRE "k" ON 60', True), ('EXPIRE "none" ON 60', False)])
def expire(run: Run, key: Text, *, on: Duration) -> bool:
    """Gives what is cached under a key a new life time in seconds, and tells whether there was anything."""
    return _cache_of(run).expire(key, run.clock(), checked(on, Code.TYPE_FAILED))


def _cache_of(run: Run) -> Cache:
    """The cache; in a TRANSACTION as a part of that."""
    return run.context.cache.within(run.frame) if run.frame else run.context.cache
