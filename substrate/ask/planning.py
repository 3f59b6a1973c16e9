"""The plan of a phrase: its words become tables and columns, its values those of the columns' types."""

from collections.abc import Iterator
from dataclasses import dataclass

from substrate.ask import comparing
from substrate.ask.naming import Names, Tables, said
from substrate.ask.phrase import (
    Computed,
    Count,
    Direction,
    Latest,
    Listed,
    Operator,
    Phrase,
    Ranked,
    Subject,
    Term,
    Words,
    text_of,
)
from substrate.ask.questions import unreadable
from substrate.catalog import Table
from substrate.columns import Order
from substrate.errors import Invalid
from substrate.interface import Plan

_ARTICLES = frozenset({"a", "all", "an", "any", "every", "the"})
_STATUS = (Term("status"),)


def planned(phrase: Phrase, tables: Tables) -> Plan:
    """The plan of a phrase about some of the tables. Raises Invalid, with `candidates` where names are at fault."""
    table, rows = _rows(phrase.subject, tables)
    match phrase:
        case Count():
            return _aggregate({"fn": "count", "as": "count"}, rows)
        case Ranked():
            column = _ordered(tables.column(table, phrase.key), table)
            return _limited(phrase.n, _sorted([column], phrase.direction, rows))
        case Latest():
            return _limited(phrase.n, _sorted(_age(table), phrase.direction, rows))
        case Listed():
            return rows if phrase.n is None else _limited(phrase.n, rows)
        case Computed():
            column = _measured(phrase, tables.column(table, phrase.measure), table)
            return _aggregate({"fn": phrase.function, "column": column, "as": phrase.word}, rows)


@dataclass(frozen=True, slots=True)
class _Noun:
    """What a noun means: a table, a status that stands before it, and a column that stands behind it."""

    status: Words
    table: Table
    column: str | None = None


def _rows(subject: Subject, tables: Tables) -> tuple[Table, Plan]:
    noun = (_unmarked if subject.unmarked else _marked)(subject, tables)
    table, types = noun.table, noun.table.manifest.types
    tests = []
    if noun.status:
        tests.append((_status(noun, tables), Operator.IS, _together(noun.status)))
    for condition in subject.conditions:
        column = tables.column(table, condition.column) if condition.column else str(noun.column)
        tests.append((column, condition.operator, condition.value))
    scan = {"Scan": {"schema": str(table.id)}}
    predicates = [comparing.predicate(name, types[name], operator, value) for name, operator, value in tests]
    if not predicates:
        return table, scan
    both = predicates[0] if len(predicates) == 1 else {"And": predicates}
    return table, {"Filter": {"predicate": both, "child": scan}}


def _marked(subject: Subject, tables: Tables) -> _Noun:
    """The table is at the end of the noun. Where several names end there, the longest is meant."""
    words = subject.noun
    for start in range(len(words)):
        if found := tables.names.find(words[start:]):
            return _Noun(_plain(words[:start]), tables.only(found, words[start:]))
    for start, end, _ in _occurrences(words, tables.names):
        message = f"expected a condition or the end behind {said(words[start:end])}, found {said(words[end:])}"
        raise unreadable(message)
    raise tables.unknown(_plain(words) or words)


def _unmarked(subject: Subject, tables: Tables) -> _Noun:
    """Behind the table stands a column of it. Fewest words before the table are best, and then the longest table."""
    words = subject.noun
    for start, end, found in _occurrences(words, tables.names):
        fitting = [name for name in found if tables.columns(name).find(words[end:])]
        if fitting:
            table = tables.only(fitting, words[start:end])
            return _Noun(_plain(words[:start]), table, tables.column(table, words[end:]))
    for start, end, found in _occurrences(words, tables.names):
        table = tables.only(found, words[start:end])
        if end < len(words):
            return _Noun((), table, tables.column(table, words[end:]))
        operator = subject.conditions[0].operator.value
        raise unreadable(f"expected a column between {said(words[start:end])} and `{operator}`, found nothing")
    raise tables.unknown(_plain(words) or words)


def _occurrences(words: Words, names: Names) -> Iterator[tuple[int, int, list[str]]]:
    """Where names stand among words: beginning, end, and what they may be."""
    for start in range(len(words)):
        for end, found in names.ends(words, start):
            yield start, end, found


def _plain(words: Words) -> Words:
    """Words without the articles before them, which say nothing about rows."""
    for index, word in enumerate(words):
        if word.quoted or word.text.lower() not in _ARTICLES:
            return words[index:]
    return ()


def _status(noun: _Noun, tables: Tables) -> str:
    """The column that holds what stands before a table: `open` of `open orders`."""
    if not tables.columns(str(noun.table.id)).find(_STATUS):
        neither = f"`{noun.table.id}` has no column `status` or `state`"
        raise Invalid(f"{said(noun.status)} stands before a table as a value of its status, but {neither}")
    return tables.column(noun.table, _STATUS)


def _together(words: Words) -> Term:
    """Several words as one value."""
    if len(words) == 1:
        return words[0]
    if any(word.quoted for word in words):
        raise unreadable(f"expected one value, in quotes or not, found {said(words)}")
    return Term(text_of(words))


def _age(table: Table) -> list[str]:
    """The columns that say which rows are the latest: the first with a time or a day, else the key."""
    types = table.manifest.types
    timed = (name for name, column_type in types.items() if column_type.order in (Order.TIME, Order.DAY))
    first = next(timed, None)
    return [first] if first else list(table.manifest.primary_key)


def _ordered(column: str, table: Table) -> str:
    column_type = table.manifest.types[column]
    if column_type.order is None:
        raise Invalid(f"column `{column}` is of type {column_type.name}, which has no order", column=column)
    return column


def _measured(phrase: Computed, column: str, table: Table) -> str:
    column_type = table.manifest.types[column]
    if phrase.function in ("sum", "avg") and not column_type.is_number:
        message = f"column `{column}` is of type {column_type.name}: `{phrase.word}` is for numbers"
        raise Invalid(message, column=column)
    return _ordered(column, table)


def _sorted(columns: list[str], direction: Direction, rows: Plan) -> Plan:
    return {"Sort": {"by": [[column, direction] for column in columns], "child": rows}}


def _limited(n: int, rows: Plan) -> Plan:
    return {"Limit": {"n": n, "child": rows}}


def _aggregate(aggregation: dict[str, str], rows: Plan) -> Plan:
    return {"Aggregate": {"aggs": [aggregation], "child": rows}}
