"""What may be typed next, by the place in the program."""

import pytest

from oql import verbs
from oql.complete import candidates
from oql.tokens import unfinished


def words(text: str, *variables: str) -> list[str]:
    """The candidates at the end of a text."""
    return [candidate.text for candidate in candidates(text, variables)]


def test_a_step_begins_with_any_verb_or_statement() -> None:
    assert set(verbs.table()) | {"IF", "FOREACH", "SWITCH", "RETURN", "EXIT ALL"} <= set(words(""))
    assert words("UPP") == ["UPPER"]
    assert words('EMIT "a" AND uppe') == ["UPPER"]
    assert words("EMIT 1 OR UPPE") == ["UPPER"]


def test_a_name_of_several_words_is_completed_from_its_beginning() -> None:
    assert [(c.text, c.start) for c in candidates('UPPER "x" AFTER NEW JS')] == [("NEW JSON OBJECT", 16)]
    assert words("IF ?x IS E") == ["IS EQUAL TO"]
    assert words("SORT ?a SORT B") == ["SORT BY"]


def test_the_kinds_of_a_field_stand_behind_its_format() -> None:
    assert words("GATHER OPEN NEST ?a FORMAT ") == ["TEXT", "EMAIL", "NUMBER", "DATE", "BOOLEAN", "CHOICE"]
    assert words('GATHER OPEN NEST ?a FORMAT DATE AS "A" AND ?b FORMAT num') == ["NUMBER"]
    assert "REQUIRED" in words('GATHER OPEN NEST ?a FORMAT DATE AS "A" FORMAT ')


def test_modifiers_are_those_of_the_verb_that_are_not_given_yet() -> None:
    found = words('PAD "x" TO 3 ')
    assert {"WITH", "AS", "SET", "AFTER", "AND", "OR"} <= set(found)
    assert {"TO", "FROM", "WHERE"} & set(found) == set()


def test_choices_stand_behind_their_modifier() -> None:
    assert words('PAD "x" TO 3 AS ') == ["left", "right", "both"]
    assert words('PAD "x" TO 3 AS r') == ["right"]
    assert words('PAD "x" TO 3 AS "r') == ['"right"']
    assert words("TIME NOW AS day-") == ["day-name"]


def test_conditions_and_blocks_go_on() -> None:
    assert {"IS NULL", "IS EQUAL TO", "CONTAINS"} <= set(words("IF ?x "))
    assert set(words("IF ?x IS NULL ")) == {"AND", "OR", "OPEN NEST"}
    assert words("FOREACH ?x ") == ["AS"]
    assert words("IF ?x IS NULL OPEN NEST EMIT 1 CLO") == ["CLOSE ALL NESTS", "CLOSE NEST"]


def test_variables_are_those_of_the_text_and_those_known_besides() -> None:
    assert words("UPPER ?abc SET ?abd AFTER EMIT ?ab", "abe", "x") == ["?abc", "?abd", "?abe"]
    assert words("EMIT !NA") == ["!NAMESPACE"]


@pytest.mark.parametrize("text", ['EMIT "UPP', "EMIT 1 (* UPP", "EMIT ?", "bogus bogus UPP", "EMIT ; UPP"])
def test_nothing_is_offered_where_nothing_fits(text: str) -> None:
    assert words(text) == []


def test_verbs_come_with_their_help() -> None:
    assert candidates("UPPE")[0].help == "Turns every letter into a capital."


@pytest.mark.parametrize(
    "text",
    [
        'EMIT "a', "EMIT 1 (* a", "IF ?x IS NULL", "IF ?x IS NULL OPEN NEST", "FOREACH ?a AS ?x OPEN NEST EMIT ?x",
        'UPPER "x" SET ?a AFTER', 'UPPER "x" AND', 'UPPER "x" SET ?x AND', "EMIT 1 OR", "EMIT 1 OR (* c *) ",
        'EMIT "a" &', "UPPER 'x' SET", "NEW ARRAY OPEN NEST 1 AND",
    ],
)  # fmt: skip
def test_the_beginning_of_a_program_is_unfinished(text: str) -> None:
    assert unfinished(text)


@pytest.mark.parametrize(
    "text",
    ["", "EMIT 1", "IF ?x IS NULL OPEN NEST EMIT 1 CLOSE NEST", "bogus", "bogus OR", "UPER 'x' AFTER", 'EMIT "a" "b"'],
)
def test_a_program_and_a_wrong_one_are_finished(text: str) -> None:
    assert not unfinished(text)
