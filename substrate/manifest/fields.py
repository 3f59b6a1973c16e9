"""Reading a table of named fields strictly: an unknown field, a wrong kind, two spellings at once are Invalid."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from substrate.errors import Invalid, described, shown, unknown

Found = TypeVar("Found")


class Fields:
    """The fields of one table. `place` says in messages which table; `detail` goes with every refusal."""

    def __init__(self, table: object, place: str, known: Iterable[str], **detail: object) -> None:
        if not isinstance(table, Mapping):
            raise Invalid(f"{place}: expected a table, found {described(table)}", **detail)
        self._table = table
        self._place = place
        self._detail = detail
        allowed = tuple(known)
        for name in table:
            if name not in allowed:
                raise unknown(name, f"a field of {place}", allowed, **detail)

    def has(self, *names: str) -> bool:
        """Whether one of these fields is given."""
        return any(name in self._table for name in names)

    def value(self, *names: str) -> object:
        """The value of the one given field among synonyms, or None."""
        given = [name for name in names if name in self._table]
        if len(given) > 1:
            raise self.refused(f"`{given[0]}` and `{given[1]}` mean the same: leave one out")
        return self._table[given[0]] if given else None

    def text(self, *names: str) -> str:
        """The text of a field that must be given."""
        found = self.optional_text(*names)
        if found is None:
            raise self.refused(f"`{names[0]}` is missing")
        return found

    def optional_text(self, *names: str) -> str | None:
        """The text of a field, or None."""
        found = self.value(*names)
        if found is None or isinstance(found, str):
            return found
        raise self._wrong(names[0], "text", found)

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean field."""
        found = self.value(name)
        if found is None:
            return default
        if isinstance(found, bool):
            return found
        raise self._wrong(name, "true or false", found)

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that must be given: a list of texts."""
        found = self.value(name)
        if found is None:
            raise self.refused(f"`{name}` is missing")
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise self._wrong(name, "an array of texts", found)
        return tuple(found)

    def each(self, name: str, read: Callable[[object], Found]) -> tuple[Found, ...]:
        """What a reader makes of every item of a list, which may be left out."""
        found = self.value(name)
        if found is None:
            return ()
        if not isinstance(found, list):
            raise self._wrong(name, "an array", found)
        return tuple(map(read, found))

    def none_of(self, name: str, reason: str, **detail: object) -> None:
        """Refuses a list that is neither left out nor empty."""
        if self.each(name, lambda item: item):
            raise self.refused(f"`{name}` {reason}", **detail)

    def refused(self, message: str, **detail: object) -> Invalid:
        """A refusal that says where."""
        return Invalid(f"{self._place}: {message}", **self._detail, **detail)

    def _wrong(self, name: str, expected: str, found: object) -> Invalid:
        return self.refused(f"{shown(name)}: expected {expected}, found {described(found)}")
