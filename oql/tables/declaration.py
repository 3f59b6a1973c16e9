"""Reads the columns of CREATE TABLE: `name TYPE MODIFIER..., name TYPE ...`.

columns   := column { "," column }
column    := name TYPE { PRIMARY | UNIQUE | REQUIRED | INDEXED | DEFAULT literal | LEADS TO table }
literal   := text in quotes | number | true | false | null | a JSON array or object
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from oql.build import unescape
from oql.errors import Code, OqlError, failed, nearest
from oql.values import number
from substrate import names
from substrate.columns import BY_OQL_WORD, UUID, Canonical, ColumnType, Json
from substrate.errors import Invalid, shown
from substrate.manifest import Column, Manifest, Relation
from substrate.names import SchemaId

MODIFIERS = ("PRIMARY", "UNIQUE", "REQUIRED", "INDEXED", "DEFAULT", "LEADS")
"""The words that may stand behind a column's type."""

KEY = "id"
"""The column that a table without a PRIMARY one gets."""

_TOKEN = re.compile(
    r"""
    (?P<word> [^\W\d]\w* )
    | (?P<number> [+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w) )
    | (?P<text> "[^"\\]*(?:\\[\s\S][^"\\]*)*" | '[^'\\]*(?:\\[\s\S][^'\\]*)*' | `[^`\\]*(?:\\[\s\S][^`\\]*)*` )
    | (?P<comma> , )
    | (?P<odd> \S )
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(r"\s*")
_CONSTANTS: dict[str, Json] = {"true": True, "false": False, "null": None}
_DECODE = json.JSONDecoder().raw_decode

_NUMBER = "write NUMBER, the type of all numbers"
_TEXT = "write TEXT, which is of any length"
_SQL_TYPES = {
    **dict.fromkeys(("INT", "INTEGER", "BIGINT", "SMALLINT", "SERIAL", "FLOAT", "REAL", "DOUBLE", "DECIMAL"), _NUMBER),
    **dict.fromkeys(("NUMERIC", "I64", "U64", "F64"), _NUMBER),
    **dict.fromkeys(("VARCHAR", "CHAR", "STRING", "STR", "CLOB"), _TEXT),
    **dict.fromkeys(("BOOL", "BIT"), "write BOOLEAN"),
    **dict.fromkeys(("DATETIME", "TIMESTAMPTZ", "TIME"), "write TIMESTAMP"),
    **dict.fromkeys(("BYTEA", "BINARY", "BYTES", "VARBINARY"), "write BLOB"),
    **dict.fromkeys(("JSONB", "OBJECT", "ARRAY"), "write JSON"),
}
_SQL_MODIFIERS = {
    "NOT": "write REQUIRED; other columns may be null",
    "NULL": "leave it out: a column that is not REQUIRED may be null",
    "KEY": "PRIMARY stands alone",
    "INDEX": "write INDEXED",
    "AUTOINCREMENT": "write UUID PRIMARY: its values are made where a row has none",
    "REFERENCES": "write LEADS TO and the table, to be followed by GRAPH; that there is such a row is not checked",
    "CHECK": "leave it out, and test values before INSERT",
}


def read(table: SchemaId, text: str) -> Manifest:
    """The manifest of a table from the text of its columns. Raises DatabaseError with the place inside the text."""
    reader = _Reader(text)
    try:
        columns = _with_key(reader)
        return Manifest(table, columns, tuple(reader.key), relations=tuple(_relations(table, reader)))
    except Invalid as invalid:
        raise failed(Code.DATABASE_ERROR, _placed(invalid, reader)) from None


def _placed(invalid: Invalid, reader: "_Reader") -> str:
    """What the store says of a column, with the place at which the column stands."""
    at = reader.starts.get(str(invalid.detail.get("column")))
    return invalid.message if at is None else f"{_place(at)}: {invalid.message}"


def _place(at: int) -> str:
    return f"at character {at + 1} of the columns"


def _with_key(reader: "_Reader") -> tuple[Column, ...]:
    """The columns with the one that is the key where none is said to be."""
    columns = reader.columns()
    if not reader.key:
        taken = next((column.name for column in columns if column.name.lower() == KEY), None)
        if taken:
            hint = f"mark `{taken}` PRIMARY, or give it another name: without PRIMARY the key is `{KEY} UUID`"
            raise reader.fault("the table has no PRIMARY column", reader.starts[taken], hint)
        reader.key.append(KEY)
        return (Column(KEY, UUID, generated=True), *columns)
    if len(reader.key) == 1:
        return tuple(_generated(column) if column.name in reader.key else column for column in columns)
    return tuple(columns)


def _relations(table: SchemaId, reader: "_Reader") -> Iterator[Relation]:
    """A relation for each column that leads to a table, which is of the same database; it has the column's name."""
    for column, target in reader.targets.items():
        yield Relation(column, column, SchemaId(table.namespace, target))


def _generated(column: Column) -> Column:
    return replace(column, generated=column.type is UUID and column.default is None)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def described(self) -> str:
        return shown(self.text) if self.kind != "end" else "the end"


@dataclass(slots=True)
class _Reader:
    """Goes over the text once; `key` are the PRIMARY columns, `starts` where each column begins, `targets` the tables
    that columns lead to."""

    text: str
    at: int = 0
    key: list[str] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)

    def columns(self) -> list[Column]:
        found = [self._column()]
        while (token := self._take()).kind == "comma":
            found.append(self._column())
        if token.kind != "end":
            raise self.fault(f"expected a modifier or `,`, found {token.described}", token.at, _modifier_hint(token))
        return found

    def fault(self, message: str, at: int, hint: str | None = None) -> OqlError:
        return failed(Code.DATABASE_ERROR, f"{_place(at)}: {message}", hint)

    def _column(self) -> Column:
        name = self._name()
        column = Column(name, self._type(name))
        given: set[str] = set()
        while (token := self._peek()).text in MODIFIERS and token.kind == "word":
            self._take()
            if token.text in given:
                raise self.fault(f"`{token.text}` stands twice behind `{name}`", token.at)
            given.add(token.text)
            column = self._modified(column, token.text)
        return column

    def _name(self) -> str:
        token = self._take()
        if token.kind not in ("word", "text"):
            raise self.fault(f"expected the name of a column, found {token.described}", token.at)
        try:
            name = names.column(token.text if token.kind == "word" else unescape(token.text[1:-1]))
        except Invalid as invalid:
            raise self.fault(invalid.message, token.at) from None
        self.starts.setdefault(name, token.at)
        return name

    def _type(self, name: str) -> ColumnType:
        token = self._take()
        if token.kind == "word" and token.text in BY_OQL_WORD:
            return BY_OQL_WORD[token.text]
        guess = nearest(token.text, BY_OQL_WORD) if token.kind == "word" else None
        hint = _SQL_TYPES.get(token.text.upper())
        hint = hint or (f"did you mean `{guess}`?" if guess else f"the types are {', '.join(BY_OQL_WORD)}")
        raise self.fault(f"expected the type of `{name}`, found {token.described}", token.at, hint)

    def _modified(self, column: Column, word: str) -> Column:
        match word:
            case "PRIMARY":
                self.key.append(column.name)
                return column
            case "UNIQUE":
                return replace(column, unique=True)
            case "REQUIRED":
                return replace(column, required=True)
            case "INDEXED":
                return replace(column, indexed=True)
            case "LEADS":
                self.targets[column.name] = self._target()
                return column
        return replace(column, default=self._default(column))

    def _target(self) -> str:
        """The table behind LEADS TO."""
        word, token = self._take(), self._take()
        if word.text != "TO" or token.kind not in ("word", "text"):
            wrong = word if word.text != "TO" else token
            raise self.fault(f"expected LEADS TO and the name of a table, found {wrong.described}", wrong.at)
        try:
            return names.identifier(token.text if token.kind == "word" else unescape(token.text[1:-1]), "a table")
        except Invalid as invalid:
            raise self.fault(invalid.message, token.at) from None

    def _default(self, column: Column) -> Canonical | None:
        at = _BLANKS.match(self.text, self.at).end()  # type: ignore[union-attr]  # it matches anywhere
        value = self._literal()
        if value is None:
            return None
        try:
            return column.type.check(value, column.name)
        except Invalid as invalid:
            raise self.fault(invalid.message, at) from None

    def _literal(self) -> Json:
        token = self._peek()
        read = _LITERALS.get(token.kind)
        value = self._document(token) if token.text in ("[", "{") else read(token.text) if read else _NONE
        if value is _NONE:
            hint = "put text in quotes" if token.kind == "word" else None
            raise self.fault(f"expected a literal behind DEFAULT, found {token.described}", token.at, hint)
        if token.text not in ("[", "{"):
            self._take()
        return value

    def _document(self, token: _Token) -> Json:
        try:
            value, self.at = _DECODE(self.text, token.at)
        except (ValueError, RecursionError):
            raise self.fault("the JSON behind DEFAULT cannot be read", token.at) from None
        return value

    def _peek(self) -> _Token:
        at = _BLANKS.match(self.text, self.at).end()  # type: ignore[union-attr]  # it matches anywhere
        found = _TOKEN.match(self.text, at)
        return _Token(str(found.lastgroup), found[0], at) if found else _Token("end", "", at)

    def _take(self) -> _Token:
        token = self._peek()
        self.at = token.at + len(token.text)
        return token


_NONE = object()
_LITERALS: dict[str, Callable[[str], Json]] = {
    "word": lambda text: _CONSTANTS.get(text, _NONE),
    "number": number,
    "text": lambda text: unescape(text[1:-1]),
}


def _modifier_hint(token: _Token) -> str:
    if token.text.upper() in _SQL_MODIFIERS:
        return _SQL_MODIFIERS[token.text.upper()]
    guess = nearest(token.text, MODIFIERS) if token.kind == "word" else None
    return f"did you mean `{guess}`?" if guess else f"the modifiers are {', '.join(MODIFIERS)}; `,` ends a column"
