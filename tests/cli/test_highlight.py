"""Colours for programs: each kind of word, also in programs that are not finished."""

import pytest
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Whitespace

from oql import verbs
from oql.highlight import lexer_class
from tests.conformance.corpus import cases


def colors(text: str) -> list[tuple[object, str]]:
    """The coloured words of a text, blanks left out."""
    lexer = lexer_class()(ensurenl=False, stripnl=False)
    return [(kind, word) for kind, word in lexer.get_tokens(text) if kind is not Whitespace]


def test_each_kind_of_word_has_its_colour() -> None:
    text = (
        '(* c *) PARSE JSON "x" SET ?a(k) AFTER IF !NOW IS NOT  EQUAL TO -3 AND ?b IS NULL OPEN NEST TIME AS day-name'
    )
    assert colors(text) == [
        (Comment.Multiline, "(* c *)"),
        (Name.Function, "PARSE JSON"),
        (String, '"x"'),
        (Keyword, "SET"),
        (Name.Variable, "?a(k)"),
        (Keyword, "AFTER"),
        (Keyword, "IF"),
        (Name.Variable.Magic, "!NOW"),
        (Operator.Word, "IS NOT  EQUAL TO"),
        (Number, "-3"),
        (Keyword, "AND"),
        (Name.Variable, "?b"),
        (Operator.Word, "IS NULL"),
        (Keyword, "OPEN NEST"),
        (Name.Function, "TIME"),
        (Keyword, "AS"),
        (Name.Constant, "day-name"),
    ]


def test_a_word_that_is_verb_and_comparison_is_told_by_its_place() -> None:
    assert colors("CONTAINS ?a") == [(Name.Function, "CONTAINS"), (Name.Variable, "?a")]
    assert colors("EMIT 1 AFTER CONTAINS")[-1] == (Name.Function, "CONTAINS")
    assert colors("IF ?a CONTAINS")[-1] == (Operator.Word, "CONTAINS")


def test_every_verb_is_coloured_as_one() -> None:
    assert [name for name in verbs.table() if colors(name) != [(Name.Function, name)]] == []


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ('EMIT "half', (String, '"half')),
        ("EMIT 1 (* half", (Comment.Multiline, "(* half")),
        ("EMIT ?", (Name.Variable, "?")),
        ("EMIT ;", (Error, ";")),
    ],
)
def test_what_is_not_finished_or_wrong(text: str, last: tuple[object, str]) -> None:
    assert colors(text)[-1] == last


def test_no_character_is_lost() -> None:
    lexer = lexer_class()(ensurenl=False, stripnl=False)
    texts = [case.program for case in cases()]
    assert ["".join(word for _, word in lexer.get_tokens(text)) for text in texts] == [
        text.replace("\r\n", "\n").replace("\r", "\n") for text in texts
    ]
