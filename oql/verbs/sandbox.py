"""Verbs that run other languages, shut in.

This build only declares them, so that programs that use them parse and check.
"""

from typing import Literal

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Text

family = Family(
    "sandbox",
    "Sandbox",
    failure=Code.SANDBOX_FAILED,
    options={"quick": False, "needs": "a sandbox"},
)


@family.verb("WEBASSEMBLY", block="entries")
def webassembly(code: Text = "", *, as_: Literal["js", "python", "wasm"]) -> Value:
    """Runs JavaScript, Python or a WebAssembly module, without files and network, and gives its result."""


@family.verb("GRANT WEBASSEMBLY", acts=True)
def grant_webassembly(value: Any, *, as_: Text) -> Value:
    """Lets the sandbox read a value under a name, by oql_get("name")."""
