"""From the text of a statement to what it is: a Select, an Insert or a Delete, checked against the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from sqlglot import exp

from substrate.catalog import Catalog
from substrate.columns import Json
from substrate.engine import DialectName, Statement as Written
from substrate.errors import Invalid
from substrate.sql.changes import Delete, Insert, delete, insert
from substrate.sql.checked import Written as Text, bound, write
from substrate.sql.grammar import Parsed, parse
from substrate.sql.params import counted, kind_of
from substrate.sql.recent import Recent
from substrate.sql.scope import Kinds, Statement
from substrate.sql.statements import Answer, Queries


@dataclass
class Select:
    """A statement that reads. It is typed by the kinds of its parameters, once for each combination of them.

    Its trees take a thousand times as much as its text: that of the check serves the first writing, and is made again
    from the text for others.
    """

    text: str
    catalog: Catalog
    parameters: int
    _answer: Answer | None
    _written: dict[tuple[Kinds, str], Text] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def statement(self, params: Sequence[Json], dialect: DialectName) -> Written:
        """The statement for an engine, with its values. Raises Invalid for params that do not fit."""
        counted(params, self.parameters)
        kinds = tuple(map(kind_of, params))
        written = self._written.get((kinds, dialect))
        if written is None:
            written = self._write(kinds, dialect)
            with self._guard:
                if len(self._written) >= 16:
                    self._written.clear()
                self._written[kinds, dialect] = written
        return bound(written, params, dialect)

    def kept(self, params: Sequence[Json], dialect: DialectName) -> Written | None:
        """The statement for an engine, with its values, where one of that form was written before."""
        if len(params) != self.parameters:
            return None
        written = self._written.get((tuple(map(kind_of, params)), dialect))
        return None if written is None else bound(written, params, dialect)

    def _write(self, kinds: Kinds, dialect: DialectName) -> Text:
        try:
            answer, self._answer = self._answer, None
            if kinds or answer is None:
                answer = answer_of(parse(self.text), self.catalog, kinds or None)[0]
            return write(answer, dialect)
        except RecursionError:
            raise Invalid("the statement nests too deeply", position=0) from None


Checked: TypeAlias = Select | Insert | Delete


_recent: Recent[Checked] = Recent()


def check(text: str, catalog: Catalog) -> Checked:
    """What a statement is. Raises Invalid naming the place, and what to use instead of what is not supported."""
    found = _recent.get(catalog, text)
    if found is None:
        found = _checked(text, catalog)
        _recent.keep(catalog, text, found)
    return found


def writes(text: str) -> bool:
    """Whether a statement is an INSERT or a DELETE. Raises Invalid for what is no statement."""
    return isinstance(parse(text).tree, (exp.Insert, exp.Delete))


def kept(text: str, params: Sequence[Json], catalog: Catalog, dialect: DialectName) -> Written | None:
    """The statement for an engine, with its values, of a SELECT like one that came before; else None."""
    found = _recent.get(catalog, text)
    return found.kept(params, dialect) if isinstance(found, Select) else None


def _checked(text: str, catalog: Catalog) -> Checked:
    parsed = parse(text)
    tree = parsed.tree
    try:
        if isinstance(tree, exp.Insert):
            return insert(parsed, catalog)
        if isinstance(tree, exp.Delete):
            return delete(parsed, catalog)
        if not isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery)):
            raise Statement(text, catalog).refused(tree, "expected SELECT, INSERT or DELETE")
        answer, parameters = answer_of(parsed, catalog, None)
        return Select(text, catalog, parameters, None if parameters else answer)
    except RecursionError:
        raise Invalid("the statement nests too deeply", position=0) from None


def answer_of(parsed: Parsed, catalog: Catalog, kinds: Kinds) -> tuple[Answer, int]:
    """The checked query, and how many parameters it has."""
    statement = Statement(parsed.text, catalog, kinds)
    answer = Queries(statement).query(parsed.tree, None)
    for place, key in enumerate(answer.keys):
        if key in answer.keys[:place]:
            message = f"two columns have the key `{key[:60]}`: rename one with AS"
            raise statement.refused(answer.places[place], message, column=key[:200])
    return answer, statement.parameters
