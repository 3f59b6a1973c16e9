"""Every example in a verb's declaration gives the result that stands beside it."""

import json
import re
from typing import Any

import pytest

from oql import verbs
from oql.values import to_json
from tests.conformance.corpus import Marks, canonical
from tests.conformance.runs import run_alone

EXAMPLES = [example for verb in verbs.table().values() for example in verb.examples]
_GIVES_A_RESULT = re.compile(r"\b(EMIT|RETURN)\b")


def shown(program: str) -> str:
    """The program, made to show its value when it does not do so itself."""
    return program if _GIVES_A_RESULT.search(program) else f"{program} SET ?example AFTER EMIT ?example"


@pytest.mark.parametrize(("program", "result"), EXAMPLES, ids=[program for program, _ in EXAMPLES])
def test_example(program: str, result: Any) -> None:
    outcome = run_alone(shown(program), Marks(models=("It is blue.",) if program.startswith("ASK ") else ()))
    assert outcome.error is None
    assert canonical(json.loads(to_json(outcome.result))) == canonical(json.loads(to_json(result)))


def test_every_verb_has_an_example() -> None:
    served = {name: verb for name, verb in verbs.table().items() if not verb.needs}
    functions = {verb.function for verb in served.values() if verb.examples}
    assert [name for name, verb in served.items() if verb.function not in functions] == []
