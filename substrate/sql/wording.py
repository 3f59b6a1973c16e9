"""The text of an item of a SELECT, which is the key of its values: blanks normalised, functions in lower case."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlglot.tokenizer_core import Token, TokenType


class Words(NamedTuple):
    """The tokens of an item: those from `first` up to, not including, `end`."""

    tokens: Sequence[Token]
    first: int
    end: int


def wording(words: Words) -> str:
    """One blank between words, none inside of parentheses or around `.` and `::`."""
    tokens = list(words.tokens[words.first : words.end])
    written: list[str] = []
    for place, token in enumerate(tokens):
        previous = tokens[place - 1] if place else None
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if previous is not None and _apart(tokens, place):
            written.append(" ")
        written.append(_word(token, following))
    return "".join(written)


def _word(token: Token, following: Token | None) -> str:
    if token.token_type is TokenType.STRING:
        return "'" + token.text.replace("'", "''") + "'"
    if token.token_type is TokenType.IDENTIFIER:
        return '"' + token.text.replace('"', '""') + '"'
    if following is not None and following.token_type is TokenType.L_PAREN and _is_function(token):
        return token.text.lower()
    return token.text


def _apart(tokens: Sequence[Token], place: int) -> bool:
    before, here = tokens[place - 1].token_type, tokens[place].token_type
    if before in _TIGHT_AFTER or here in _TIGHT_BEFORE:
        return False
    if here is TokenType.L_PAREN and _is_function(tokens[place - 1]):
        return False
    # A sign belongs to what follows it, unless it stands between two operands.
    is_sign = before in _SIGNS and (place == 1 or tokens[place - 2].token_type in _BEFORE_SIGN)
    return not is_sign


def _is_function(token: Token) -> bool:
    return token.text.replace("_", "").isalnum() and token.token_type not in _NO_FUNCTIONS and not token.text.isdigit()


_TIGHT_AFTER = frozenset({TokenType.L_PAREN, TokenType.DOT, TokenType.DCOLON, TokenType.PARAMETER, TokenType.L_BRACKET})
_TIGHT_BEFORE = frozenset(
    {TokenType.R_PAREN, TokenType.COMMA, TokenType.DOT, TokenType.DCOLON, TokenType.L_BRACKET, TokenType.R_BRACKET}
)
_SIGNS = frozenset({TokenType.DASH, TokenType.PLUS})
_BEFORE_SIGN = frozenset(
    {
        TokenType.L_PAREN, TokenType.COMMA, TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH,
        TokenType.MOD, TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE,
        TokenType.THEN, TokenType.ELSE, TokenType.WHEN, TokenType.AND, TokenType.OR, TokenType.NOT,
        TokenType.BETWEEN, TokenType.DPIPE,
    }
)  # fmt: skip
_NO_FUNCTIONS = frozenset(
    {
        TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.IN, TokenType.WHEN, TokenType.THEN, TokenType.ELSE,
        TokenType.CASE, TokenType.OVER, TokenType.BETWEEN, TokenType.LIKE, TokenType.IS, TokenType.FROM,
        TokenType.WHERE, TokenType.SELECT, TokenType.ALIAS, TokenType.STRING, TokenType.IDENTIFIER,
        TokenType.PARTITION_BY, TokenType.ORDER_BY, TokenType.DISTINCT, TokenType.EXISTS,
    }
)  # fmt: skip
