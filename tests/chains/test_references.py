"""References inside the texts of chains."""

import pytest

from chains.references import Scope, template

VARIABLES = {
    "name": "Ada",
    "input.name": "Ada",
    "a.b": "dotted",
    "a": '{"b": "member", "c": [1, 2.0], "n": null}',
    "empty": "",
    "plain": "text",
    "broken": "{not json",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {name}!", "Hello Ada!"),
        ("{name}{name}", "AdaAda"),
        ("{input.name}", "Ada"),
        ("{a.b}", "dotted"),
        ("{a.c}", "[1,2]"),
        ("{a.n}", "null"),
        ("{a.zzz}", VARIABLES["a"]),
        ("{plain.more}", "text"),
        ("{broken.more}", "{not json"),
        ("{missing}", "{missing}"),
        ("{missing|there}", "there"),
        ('{missing|"there"}', "there"),
        ("{missing|}", "{missing|}"),
        ("{empty|there}", ""),
        ("{missing.more|there}", "there"),
        ("{ name }", "{ name }"),
        ('{"json": true}', '{"json": true}'),
        ("{{name}}", "{Ada}"),
        ("{}", "{}"),
        ("", ""),
        ("{na-me}", "{na-me}"),
        ("{missing|two words}", "{missing|two words}"),
    ],
)
def test_filled(text: str, filled: str) -> None:
    assert template(text).fill(Scope(VARIABLES)) == filled


def test_what_is_inserted_is_not_read_again() -> None:
    assert template("{x}").fill(Scope({"x": "{y}", "y": "no"})) == "{y}"


def test_an_omitted_input_is_empty_and_told() -> None:
    told: list[str] = []
    scope = Scope({}, {"topic"}, told.append)
    assert template("[{topic}] [{input.topic}] [{topic|x}] [{other}]").fill(scope) == "[] [] [x] [{other}]"
    assert told == ['Input "topic" was not given'] * 2
