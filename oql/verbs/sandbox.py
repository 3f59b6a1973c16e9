"""Verbs that run other languages, shut in."""

from typing import Literal

from oql.entries import GRANTS
from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Branches, Entries, Family, Text, TextOrBinary
from oql.verbs.run import Run

family = Family("sandbox", "Sandbox", failure=Code.SANDBOX_FAILED, options={"quick": False})


@family.verb(
    "WEBASSEMBLY",
    block="entries",
    draws=True,
    examples=[
        ('WEBASSEMBLY "[1, 2, 3].map(x => x * x)" AS "js"', [1, 4, 9]),
        ('WEBASSEMBLY "sum(range(5))" AS "python"', 10),
        ('WEBASSEMBLY "(module (func (export \\"run\\") (result i32) (i32.const 42)))" AS "wasm"', 42),
        (
            'WEBASSEMBLY AS "js" OPEN NEST ENTER "let n = 20" ENTER "n + 1" SET ?a ENTER "n += 2" SET ?b CLOSE NEST'
            " AFTER EMIT ?a AFTER EMIT ?b",
            "2122",
        ),
        ('GRANT WEBASSEMBLY 5 AS "size" AFTER WEBASSEMBLY AS "js" `oql_get("size") + 1`', 6),
    ],
)
def webassembly(
    run: Run, code: TextOrBinary | None = None, *, as_: Literal["js", "python", "wasm"], entries: Entries = ()
) -> Value:
    """Runs JavaScript, Python or a WebAssembly module, without files and network, and gives its value.

    The code stands in a text, or in the file whose path the text is. It gives the value of its last expression, or
    what it returns, as JSON. The entries of a block are run one after the other in one guest that keeps its variables.
    Time and memory of the guest are those of the run.
    """
    from oql.sandbox.guests import run_guest

    return run_guest(run, as_, code, entries, run.variables.get(GRANTS, {}))


@family.verb(
    "GRANT WEBASSEMBLY",
    examples=[('GRANT WEBASSEMBLY "tea" AS "drink" AFTER WEBASSEMBLY AS "js" `oql_get("drink").length`', 3)],
    acts=True,
    quick=True,
)
def grant_webassembly(run: Run, value: Branches, *, as_: Text) -> Value:
    """Lets the guests of this program read a value under a name, by oql_get("name"); they get a copy."""
    run.variables.setdefault(GRANTS, {})[as_] = value
    return True
