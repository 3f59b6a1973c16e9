"""From text to sqlglot's tree: one statement in PostgreSQL's grammar, within bounds, each item with its own text.

Two things are told by the tokens rather than by the tree, which has forgotten them: where a node stands, and how an
item of a SELECT was written.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.parsers.postgres import PostgresParser
from sqlglot.tokenizer_core import Token, TokenType

from substrate.errors import Invalid
from substrate.names import flaw_of
from substrate.sql.openings import refused_opening
from substrate.sql.place import AT, invalid_at
from substrate.sql.wording import Words, wording

MAX_BYTES = 64 * 1024
"""How long a statement may be."""

MAX_DEPTH = 32
"""How deep parentheses and CASE may nest; the parser's own stack ends at about fifty."""

ITEM = "item"
"""Under this name the meta data of a SELECT's item has its text."""

# sqlglot warns of statements that it does not know; here they are refused.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


def _named(parse_call: Callable[["Parser"], exp.Expr]) -> Callable[["Parser"], exp.Expr]:
    """The reader of a function with a form of its own, whose node then knows by which name it was called."""

    def parse_named(parser: "Parser") -> exp.Expr:
        name = parser._tokens[parser._index - 2]
        node = parse_call(parser)
        if node:
            node.update_positions(name)
        return node

    return parse_named


def _parse_parameter(parser: "Parser") -> exp.Expr:
    start = parser._prev.start
    node = parser._parse_parameter()
    node.meta[AT] = start
    return node


class Parser(PostgresParser):
    """PostgreSQL's parser, which also notes the text of each item of a SELECT, and the place of what has no parts."""

    PRIMARY_PARSERS: ClassVar = {
        **PostgresParser.PRIMARY_PARSERS,
        TokenType.NULL: lambda self, token: self.expression(exp.Null(), token),
        TokenType.TRUE: lambda self, token: self.expression(exp.Boolean(this=True), token),
        TokenType.FALSE: lambda self, token: self.expression(exp.Boolean(this=False), token),
    }
    PLACEHOLDER_PARSERS: ClassVar = {**PostgresParser.PLACEHOLDER_PARSERS, TokenType.PARAMETER: _parse_parameter}
    FUNCTION_PARSERS: ClassVar = {name: _named(parse) for name, parse in PostgresParser.FUNCTION_PARSERS.items()}

    def expression(self, instance: Any, token: Token | None = None, comments: list[str] | None = None) -> Any:
        """See sqlglot."""
        if token is None and self._prev and not any(isinstance(part, exp.Expr) for part in instance.args.values()):
            instance.meta[AT] = self._prev.start
        return super().expression(instance, token, comments)

    def _parse_projections(self) -> tuple[list[exp.Expr], list[exp.Expr] | None]:
        return self._parse_csv(self._parse_item), None

    def _parse_item(self) -> exp.Expr | None:
        first = self._index
        item = self._parse_expression()
        if self._prev.token_type is TokenType.ALIAS:
            self.raise_error("Expected a name after AS")
        if item is not None and not isinstance(item, exp.Alias):
            item.meta[ITEM] = Words(self._tokens, first, self._index)
        return item


class Grammar(Postgres):
    """PostgreSQL's dialect, in which nulls come last either way, and `$` begins nothing but a parameter."""

    NULL_ORDERING = "nulls_are_last"

    class Tokenizer(Postgres.Tokenizer):
        """PostgreSQL's tokens; `$1,$2` would be the beginning of a text between two `$1,$` otherwise."""

        HEREDOC_STRINGS: ClassVar[list[str | tuple[str, str]]] = []
        SINGLE_TOKENS: ClassVar = {**Postgres.Tokenizer.SINGLE_TOKENS, "$": TokenType.PARAMETER}


@dataclass(frozen=True)
class Parsed:
    """One statement: its text and its tree."""

    text: str
    tree: exp.Expr


def parse(text: str, offset: int = 0) -> Parsed:
    """The tree of a statement. Invalid where it is none, more than one, too long or too deep.

    `offset`: how much of the text was put before what the caller has written.
    """
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise Invalid(f"a statement has at most {MAX_BYTES // 1024} KiB")
    if flaw := flaw_of(text):
        raise Invalid(f"a statement cannot hold {flaw}")
    tokens = _tokens(text, offset)
    _depth(text, tokens, offset)
    _operands(text, tokens, offset)
    return Parsed(text, _tree(text, tokens, offset))


def item_text(node: exp.Expr) -> str | None:
    """How the item of a SELECT was written: blanks normalised, names of functions in lower case."""
    words = node.meta.get(ITEM)
    return None if words is None else wording(words)


def _tokens(text: str, offset: int) -> list[Token]:
    try:
        tokens = Grammar().tokenize(text)
    except TokenError:
        raise Invalid("the statement ends inside a text, a name or a comment: close its quote", position=0) from None
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise Invalid("the statement is empty", position=0)
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            message = "several statements are not supported: send one, or use `_batch` or TRANSACTION"
            raise invalid_at(text, token.start, message, offset)
    if refused := refused_opening(text, tokens[0].text, tokens[0].start):
        raise refused
    return tokens


def _depth(text: str, tokens: Sequence[Token], offset: int) -> None:
    """Sees that parentheses and CASE are closed, which the parser forgives, and not too many are open at once."""
    opened: list[Token] = []
    for token in tokens:
        kind = token.token_type
        if kind in _CLOSED_BY:
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                raise invalid_at(text, token.start, f"the statement nests deeper than {MAX_DEPTH}", offset)
        elif kind in _CLOSES and (not opened or _CLOSED_BY[opened.pop().token_type] is not kind):
            raise invalid_at(text, token.start, f"not SQL near `{token.text}`: it closes nothing", offset)
    if opened:
        token = opened[-1]
        raise invalid_at(text, token.start, f"not SQL near `{token.text}`: it is never closed", offset)


def _operands(text: str, tokens: Sequence[Token], offset: int) -> None:
    """Sees that something follows commas and words that need it, which the parser forgives, too."""
    following = [*tokens[1:], None]
    before = [None, *tokens[:-1]]
    for last, token, after in zip(before, tokens, following, strict=True):
        is_name = last is not None and last.token_type in _NAMES_FOLLOW
        flaw = None
        if token.token_type in _NEEDS_MORE and not is_name and (after is None or after.token_type in _NO_MORE):
            flaw = "nothing follows it"
        elif token.token_type is TokenType.NUMBER and after is not None and after.token_type is TokenType.VAR:
            flaw = "a number ends where a name begins" if after.start == token.end + 1 else None
        if flaw:
            raise invalid_at(text, token.start, f"not SQL near `{token.text}`: {flaw}", offset)


def _tree(text: str, tokens: list[Token], offset: int) -> exp.Expr:
    parser = Parser(error_level=ErrorLevel.IMMEDIATE, dialect=Grammar())
    try:
        trees = parser.parse(tokens, text)
    except ParseError as error:
        raise _refused(text, error, offset) from None
    except RecursionError:
        raise Invalid("the statement nests too deeply", position=0) from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # The parser has stumbled over its own tree: text that no grammar has a meaning for.
        raise Invalid("the statement cannot be parsed", position=0) from None
    if len(trees) != 1 or trees[0] is None:
        raise Invalid("the statement is empty", position=0)
    return trees[0]


def _refused(text: str, error: ParseError, offset: int) -> Invalid:
    found: dict[str, Any] = error.errors[0] if error.errors else {}
    description = str(found.get("description") or "the statement cannot be parsed")
    description = description.split(" but got <Token")[0].split(". Line ")[0].rstrip(".")
    if description.startswith("Required keyword"):
        description = "something is missing"
    place = _offset(text, found)
    near = f" near `{text[place : place + 20].split()[0]}`" if text[place : place + 20].strip() else " at its end"
    return invalid_at(text, place, f"not SQL{near}: {description[:1].lower()}{description[1:]}", offset)


def _offset(text: str, found: dict[str, Any]) -> int:
    """Where an error's token begins, from its line and the column of its last character."""
    line, column = found.get("line"), found.get("col")
    if not isinstance(line, int) or not isinstance(column, int):
        return 0
    lines = text.split("\n")
    before = sum(len(each) + 1 for each in lines[: line - 1])
    return max(0, min(len(text), before + column - len(str(found.get("highlight") or ""))))


_CLAUSES = frozenset(
    {
        TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY, TokenType.LIMIT,
        TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT,
    }
)  # fmt: skip
_NEEDS_MORE = _CLAUSES | {TokenType.COMMA, TokenType.PARTITION_BY, TokenType.OFFSET, TokenType.ON, TokenType.USING}
_NO_MORE = _CLAUSES | {TokenType.COMMA, TokenType.R_PAREN}
_NAMES_FOLLOW = frozenset({TokenType.DOT, TokenType.ALIAS})
"""What a name follows that may be a word of SQL."""
_CLOSED_BY = {
    TokenType.L_PAREN: TokenType.R_PAREN,
    TokenType.L_BRACKET: TokenType.R_BRACKET,
    TokenType.L_BRACE: TokenType.R_BRACE,
    TokenType.CASE: TokenType.END,
}
_CLOSES = frozenset(_CLOSED_BY.values())
