"""Verbs on programs that are kept: operations and scripts.

This build only declares them, so that programs that use them parse and check.
"""

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Text


def _family(touches: str, needs: str, failure: Code = Code.TYPE_FAILED, effect: str = "store") -> Family:
    options = {"effect": effect, "touches": touches, "needs": needs}
    return Family("stored", "Stored programs", failure=failure, exec_class="Io", options=options)


operations = _family("operation", "a program store", Code.UNKNOWN_OPERATION)
scripts = _family("script", "programs inside programs", effect="outside")


@operations.verb("DEFINE NEW OPERATION", block="steps", names="AS", acts=True)
def define_operation(*, as_: Text) -> Value:
    """Keeps its block as an operation under a name; an earlier one is replaced."""


@operations.verb("EXECUTE OPERATION", effect="outside", quick=False, runs_text=True)
def execute_operation(name: Text, *, with_: Any = None) -> Value:
    """Runs an operation WITH an object that it reads by !REQUEST, and gives what it returns."""


@operations.verb("LIST OPERATIONS", effect="read", touches="")
def list_operations() -> Value:
    """Lists all operations."""


@operations.verb("DESCRIBE OPERATION", effect="read")
def describe_operation(name: Text) -> Value:
    """Gives the text and versions of an operation."""


@operations.verb("DELETE OPERATION")
def delete_operation(name: Text) -> Value:
    """Deletes an operation."""


@scripts.verb("INCLUDE", quick=False, runs_text=True)
def include(place: Text) -> Value:
    """Runs a program from a file or URL as if it stood here, and gives what it returns."""


@scripts.verb("SIDELOAD", exec_class="Cpu", quick=False, runs_text=True)
def sideload(program: Text) -> Value:
    """Runs a text as a program that stands here, and gives what it returns."""
