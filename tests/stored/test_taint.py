"""Which texts are clean, and of which variables they are made."""

import pytest

from oql.program import Program, load
from oql.taint import MOST_SOURCES


def sources(program: Program) -> list[list[str] | None]:
    """Of what the texts of the program's steps are made that run texts; None where it may come from outside."""
    return [item.data["sources"] for item in program.code if item.op == "call"]


CLEAN = {
    "SIDELOAD 'EMIT 1'": [],
    "SIDELOAD 'EMIT ' & !NOW & !INDEX & !NAMESPACE & !JOB(id) & !STATE(IF)": [],
    "UPPER 'emit' SET ?v AFTER SIDELOAD ?v & ' 1'": ["v"],
    "UPPER 'a' SET ?a AFTER ENLIST ?a AND 'b' SET ?b AFTER JOIN ?b WITH ' ' SET ?c AFTER SIDELOAD ?c": ["a", "b", "c"],
    "NEW JSON OBJECT OPEN NEST SET a AS 'EMIT 1' CLOSE NEST SET ?o AFTER SIDELOAD ?o(a)": ["o"],
    "NEW ARRAY OPEN NEST 'EMIT 1' CLOSE NEST SET ?a APPEND 'c' INTO ?a SIDELOAD ?a(0)": ["a"],
    "ENLIST 'EMIT 1' SET ?a FOREACH ?a AS ?x OPEN NEST SIDELOAD ?x CLOSE NEST": ["a", "x"],
    "CALCULATE '1' SET ?i AFTER CALCULATE '?i + 1' SET ?i AFTER SIDELOAD ?i": ["i"],
    "UPPER 'k' SET ?k PARSE JSON '{}' SET ?o SIDELOAD ?o(?k)": ["k", "o"],
    "UPPER 'a' SET ?t DEFINE NEW OPERATION AS 'o' OPEN NEST TRIM !GET(x) SET ?t CLOSE NEST SIDELOAD ?t": ["t"],
}
TAINTED = [
    "SIDELOAD !GET(x)",
    "SIDELOAD 'EMIT ' & !REQUEST(body)",
    "SIDELOAD !EVENT(row)",
    "SIDELOAD !COOKIE(a)",
    "SIDELOAD !VALUE",
    "SIDELOAD !KEY",
    "SIDELOAD !ERROR(message)",
    "SIDELOAD ?never",
    "SIDELOAD ?t AFTER CACHE 'k' SET ?t",
    "READ '/root/a' SET ?t AFTER SIDELOAD ?t",
    "FETCH 'https://example.com' SET ?t AFTER SIDELOAD ?t",
    "SQL 'SELECT 1' FROM 'd' SET ?t AFTER SIDELOAD ?t(0)",
    "EXECUTE OPERATION 'a' SET ?t AFTER SIDELOAD ?t",
    "SIDELOAD 'RETURN 1' SET ?t AFTER SIDELOAD ?t",
    "TRANSACTION OPEN NEST TRIM !GET(x) CLOSE NEST SET ?t SIDELOAD ?t",
    "GATHER OPEN NEST ?t FORMAT TEXT AS 'Text' CLOSE NEST SIDELOAD ?t",
    "UPPER 'a' SET ?t(0) AFTER UPPER ?x SET ?t(1) AFTER SIDELOAD ?t(0)",
    "TRIM !GET(x) SET ?x AFTER REPLACE 'a' WHERE 'a' WITH ?x SET ?t AFTER SIDELOAD ?t",
    "UPPER 'a' SET ?a AFTER APPEND !GET(x) INTO ?a AFTER SIDELOAD ?a(0)",
    "TRIM !GET(x) SET ?x AFTER CALCULATE '?x' SET ?t AFTER SIDELOAD ?t",
    "UPPER '1' SET ?x AFTER CALCULATE ?x & '+ 1' SET ?t AFTER SIDELOAD ?t",
    "FOREACH !REQUEST(all) AS ?t OPEN NEST SIDELOAD ?t CLOSE NEST",
    "UPPER 'a' SET ?o AFTER TRIM !GET(k) SET ?k AFTER SIDELOAD ?o(?k)",
    "NEW JSON OBJECT OPEN NEST SET a AS !GET(x) CLOSE NEST SET ?o AFTER SIDELOAD ?o(a)",
    "DEFINE NEW OPERATION AS 'o' OPEN NEST UPPER 'a' SET ?t CLOSE NEST SIDELOAD ?t",
    "EMAIL OPEN NEST EMIT 1 CLOSE NEST TO 'a@example.com' WITH 'x' SET ?t SIDELOAD ?t",
    "INCLUDE '/root/' & !GET(page)",
]


@pytest.mark.parametrize("text", CLEAN)
def test_what_is_made_of_texts_in_the_program_is_clean(text: str) -> None:
    assert sources(load(text))[-1] == CLEAN[text]


@pytest.mark.parametrize("text", TAINTED)
def test_what_may_come_from_outside_is_not(text: str) -> None:
    assert None in sources(load(text))


def test_what_guests_give_is_not_clean() -> None:
    granted = "GRANT WEBASSEMBLY !GET(x) AS 'x'"
    block = "WEBASSEMBLY AS 'js' OPEN NEST ENTER 'return 1' SET ?a CLOSE NEST"
    assert load(f"{granted} WEBASSEMBLY AS 'js' 'return 1' SET ?t SIDELOAD ?t").tainted == {"t"}
    assert load(f"{granted} {block}").tainted == {"a"}


def test_a_program_says_which_variables_it_may_taint() -> None:
    text = (
        "UPPER 'a' SET ?clean AFTER READ '/root/a' SET ?file AFTER UPPER ?file SET ?made AFTER UPPER ?outer SET ?other"
    )
    program = load(text)
    assert program.tainted == {"file", "made", "other"}
    assert Program.from_json(program.to_json()).tainted == program.tainted


def test_long_chains_of_variables_are_no_trouble() -> None:
    steps = " ".join(f"UPPER ?v{number} SET ?v{number + 1} SIDELOAD ?v{number}" for number in range(1_000))
    found = sources(load(f"UPPER 'x' SET ?v0 {steps}"))
    assert found[:MOST_SOURCES] == [sorted(f"v{one}" for one in range(last + 1)) for last in range(MOST_SOURCES)]
    assert set(map(str, found[MOST_SOURCES:])) == {"None"}
    assert set(map(str, sources(load(f"TRIM !GET(x) SET ?v0 {steps}")))) == {"None"}
