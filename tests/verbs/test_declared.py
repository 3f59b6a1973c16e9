"""Every verb that this build only declares: its full form parses, and a run says what is missing."""

import pytest

from oql import verbs
from oql.errors import ProgramError
from oql.program import load
from tests.verbs.programs import failure_of

FORMS = """
DIRECTIVE "home" OPEN NEST EMIT 1 CLOSE NEST SET ?r
NOTIFY CHECK PUSH STATUS FOR "ada" SET ?r
TUNNEL RECEIVE ?v INTO "/root/a" SET ?r
""".strip().splitlines()

NEEDED = {name: verb for name, verb in verbs.table().items() if verb.needs}


def verb_of(program: str) -> str:
    """The longest verb with which the program begins."""
    return max((name for name in NEEDED if f"{program} ".startswith(f"{name} ")), key=len)


@pytest.mark.parametrize("program", FORMS, ids=verb_of)
def test_the_full_form_parses_and_says_what_is_missing(program: str) -> None:
    name = verb_of(program)
    error = failure_of(program, {"v": {}})
    assert error.code == "Unsupported"
    assert error.message == f"`{name}` needs {NEEDED[name].needs}, which this build does not have"


def test_every_verb_is_among_the_forms() -> None:
    shown = {verb_of(program) for program in FORMS}
    assert {name for name, verb in NEEDED.items() if verb.family != "known"} <= shown


@pytest.mark.parametrize("name", [name for name, verb in NEEDED.items() if verb.family == "known"])
def test_known_words_parse(name: str) -> None:
    assert failure_of(f'{name} "x" WITH 1 SET ?r').code == "Unsupported"


@pytest.mark.parametrize("program", ['UPDATE ?v INTO "orders" FROM "shop"', 'PURGE "orders" FROM "shop"'])
def test_changing_all_rows_must_be_said(program: str) -> None:
    with pytest.raises(ProgramError) as caught:
        load(program)
    assert "FLUSH TABLE" in str(caught.value.hint)
