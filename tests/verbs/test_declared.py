"""Every verb that this build only declares: its full form parses, and a run says what is missing."""

import pytest

from oql import verbs
from oql.errors import ProgramError
from oql.program import load
from tests.verbs.programs import failure_of

FORMS = """
VECTOR PUT ?v INTO "docs" AS "id" WITH ?v
VECTOR SEARCH ?v FROM "docs" LIMIT 3 WHERE kind IS EQUAL TO "a" SET ?r
TEXT PUT "some words" INTO "docs.body" AS "id"
TEXT SEARCH "words" FROM "docs.body" AS "phrase" LIMIT 3 SET ?r
GRAPH NEIGHBORS "a" FROM "db.t" WITH "knows" SET ?r
GRAPH REVERSE "a" FROM "db.t" WITH "knows" SET ?r
GRAPH BFS "a" FROM "db.t" WITH "knows" LIMIT 2 SET ?r
GRAPH PATH "a" TO "b" FROM "db.t" WITH "knows" SET ?r
GRAPH ROUTE "a" TO "b" FROM "db.t" WITH "knows" SET ?r
FETCH "https://example.com" AS "POST" WITH ?v ATTACH ?v ON 5 FORMAT "response" SET ?r
POST ?v AT "https://example.com" ATTACH ?v SET ?r
HEADER "X-Name" AS "value"
STATUS 404
REDIRECT "/" AS 301
COOKIE "name" AS "value" WITH "/" ON 60
COOKIE DELETE "name"
REGISTER "ada" WITH "password" AS "ada@example.com" SET ?r
LOGIN "ada" WITH "password" SET ?r
SESSION !COOKIE(session) SET ?r
LOGOUT ?v SET ?r
REFRESH ?v SET ?r
REVOKE "ada" SET ?r
DEFINE NEW OPERATION AS "greet" OPEN NEST RETURN "hello" CLOSE NEST
EXECUTE OPERATION "greet" WITH ?v SET ?r
LIST OPERATIONS SET ?r
DESCRIBE OPERATION "greet" SET ?r
DELETE OPERATION "greet"
INCLUDE "/root/lib.oql" SET ?r
SIDELOAD ?v SET ?r
WEBASSEMBLY AS "js" `return 1` SET ?r
WEBASSEMBLY AS "js" OPEN NEST ENTER `1` SET ?a ENTER `2` SET ?b CLOSE NEST
GRANT WEBASSEMBLY ?v AS "name"
IMAGE LOAD "/root/a.png" SET ?r
RESIZE ?v TO "400x300" SET ?r
CROP ?v FROM "0,0" TO "10,10" SET ?r
ROTATE ?v AS "90" SET ?r
FLIP ?v AS "horizontal" SET ?r
WATERMARK ?v WITH "text" SET ?r
THUMBNAIL ?v TO "128x128" SET ?r
FILTER ?v AS "sepia" SET ?r
DRAW ?v WITH "0,0,255,0,0" AS "rect:10,10" SET ?r
COMPOSITE ?v WITH ?v AT "20,20" SET ?r
HISTOGRAM ?v SET ?r
ASK "What is OQL?" USING "small" WITH "Be brief." ATTACH ?v FORMAT "json" SET ?r
CHAIN RUN "report" WITH ?v SET ?r
DIRECTIVE "home" OPEN NEST EMIT 1 CLOSE NEST SET ?r
MAP ROUTE "Cape Town" TO "Johannesburg" SET ?r
CALENDAR CREATE EVENT "title" AT "2026-01-15" TO "2026-01-16" USING "UTC" FORMAT "text" WITH "ada" AS "weekly"
CALENDAR GET EVENTS WHERE "title" SET ?r
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
