"""Which table and which column words mean: names in any case, with or without `_`, in singular or plural."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property

from substrate.ask.phrase import Words, text_of
from substrate.catalog import Catalog, Table
from substrate.errors import Invalid, nearest, shown

SYNONYMS = (("cost", "price"), ("state", "status"), ("qty", "quantity"), ("amount", "total"))
"""Names of columns that find each other, where nothing has the name itself."""

LONGEST_LIST = 20
"""How many names a message lists."""

_SIBILANTS = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"


def folded(name: str) -> str:
    """A name without what does not tell it from others: case, `_` and `-`."""
    return name.replace("_", "").replace("-", "").lower() or name


def plurals(word: str) -> Iterator[str]:
    """The regular English plurals of a word; of words that end in `o` both."""
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        yield f"{word[:-1]}ies"
        return
    if word.endswith((*_SIBILANTS, "o")):
        yield f"{word}es"
    if not word.endswith(_SIBILANTS):
        yield f"{word}s"


def singulars(word: str) -> Iterator[str]:
    """The words that a word can be the regular plural of: its spelling does not always tell which."""
    if word.endswith("ies"):
        yield f"{word[:-3]}y"
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]


class Names:
    """Names as questions may say them. Each comes with its `spellings`, the closest kind of them first.

    What a spelling finds is what has it among the first kind that knows it. The first kind is the declared name itself,
    which only the very same word finds; of the others `_` and case are gone.
    """

    def __init__(self, names: Iterable[str], spellings: Callable[[str], Iterable[Collection[str]]]) -> None:
        kinds: dict[int, dict[str, list[str]]] = defaultdict(dict)
        for name in names:
            for kind, spelled in enumerate(spellings(name)):
                for spelling in dict.fromkeys(spelled):
                    kinds[kind].setdefault(spelling, []).append(name)
        self._declared = kinds.pop(0, {})
        self._folded: dict[str, list[str]] = {}
        for _, found in sorted(kinds.items(), reverse=True):
            self._folded |= found
        self._longest = max(map(len, self._folded), default=0)

    def find(self, words: Words) -> list[str]:
        """The names that words mean: none, one, or several."""
        if not words or any(word.quoted for word in words):
            return []
        if len(words) == 1 and (found := self._declared.get(words[0].text)):
            return found
        return self._folded.get(folded("".join(word.text for word in words)), [])

    def ends(self, words: Words, start: int) -> Iterator[tuple[int, list[str]]]:
        """Where names that begin at a place can end, and what they are then; the longest first."""
        end, length = start, 0
        while end < len(words) and length <= self._longest:
            length += len(folded(words[end].text))
            end += 1
        for last in range(end, start, -1):
            if found := self.find(words[start:last]):
                yield last, found


class Tables:
    """The tables of a catalog, or those with the given ids, as a question names them."""

    def __init__(self, catalog: Catalog, among: Collection[str] = ()) -> None:
        self._tables: Mapping[str, Table] = {
            name: table for name, table in catalog.tables.items() if not among or name in among
        }
        self._columns: dict[str, Names] = {}

    @cached_property
    def names(self) -> Names:
        """The names of the tables: with and without their namespaces."""
        return Names(self._tables, self._spellings)

    def columns(self, name: str) -> Names:
        """The names of the columns of a table."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = Names(self._tables[name].manifest.types, _column_spellings)
        return found

    def only(self, found: list[str], words: Words) -> Table:
        """The one table among those that words may mean. Raises Invalid where there are several, with `candidates`."""
        if len(found) > 1:
            several = listed(found)
            raise Invalid(f"{said(words)} may be {several}: write the table with its namespace", candidates=found)
        return self._tables[found[0]]

    def unknown(self, words: Words) -> Invalid:
        """The refusal of words in which there is no table, with the nearest as `candidates`, or else all of them."""
        last = words[-1].text
        known = self._tables if "." in last else {table.id.table for table in self._tables.values()}
        guess = nearest(text_of(words), known) or nearest(last, known)
        hint = f"did you mean `{guess}`?" if guess else f"the tables are {listed(self._tables)}"
        near = [name for name, table in self._tables.items() if guess in (None, name, table.id.table)]
        candidates = sorted(near)[:LONGEST_LIST]
        return Invalid(f"{said(words)} names no table: {hint}", candidates=candidates)

    def column(self, table: Table, words: Words) -> str:
        """The one column of a table that words mean. Raises Invalid where there are none or several."""
        found = self.columns(str(table.id)).find(words)
        if len(found) == 1:
            return found[0]
        if found:
            raise Invalid(f"{said(words)} may be {listed(found)}: write the column as it is declared", candidates=found)
        known = table.manifest.types
        guess = nearest(text_of(words), known)
        hint = f"did you mean `{guess}`?" if guess else f"its columns are {listed(known)}"
        candidates = [guess] if guess else list(known)[:LONGEST_LIST]
        column = text_of(words)[:200]
        raise Invalid(f"{said(words)} is not a column of `{table.id}`: {hint}", column=column, candidates=candidates)

    def _spellings(self, name: str) -> Iterator[Collection[str]]:
        names = (self._tables[name].id.table, name)
        yield names
        yield [folded(one) for one in names]
        yield [other for one in names for other in _numbers(folded(one))]


def _column_spellings(name: str) -> Iterator[Collection[str]]:
    own = folded(name)
    synonyms = [other for group in SYNONYMS if own in group for other in group]
    yield [name]
    yield [own]
    yield [*_numbers(own)]
    yield synonyms
    yield [other for synonym in synonyms for other in _numbers(synonym)]


def _numbers(word: str) -> Iterator[str]:
    yield from plurals(word)
    yield from singulars(word)


def said(words: Words) -> str:
    """Words as a message repeats them."""
    return shown(text_of(words))


def listed(names: Iterable[str]) -> str:
    """Names as a message lists them, not for ever."""
    known = list(names)
    shortened = ", ".join(f"`{name}`" for name in known[:LONGEST_LIST])
    return f"{shortened} and {len(known) - LONGEST_LIST} more" if len(known) > LONGEST_LIST else shortened or "none"
