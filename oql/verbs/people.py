"""Verbs that ask a person and wait for the answer.

This build only declares them, so that programs that use them parse and check.
"""

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Number, Text

family = Family(
    "people",
    "People in the loop",
    failure=Code.TYPE_FAILED,
    exec_class="Wait",
    options={"effect": "wait", "needs": "runs that can be suspended"},
)


@family.verb("GATHER", block="fields")
def gather(*, with_: Text | None = None, on: Number | None = None) -> Value:
    """Shows a form WITH a title and waits, ON so many seconds at most, until its fields are filled in."""


@family.verb("CONFIRM")
def confirm(question: Any, *, on: Number | None = None) -> Value:
    """Asks for approval and waits, ON so many seconds at most; a rejection is ConfirmRejected."""
