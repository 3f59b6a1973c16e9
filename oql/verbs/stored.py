"""Verbs on programs that are kept: operations, scripts, crons, watches.

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
crons = _family("cron", "a scheduler")
watches = _family("watch", "a watcher")


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


@crons.verb("DEFINE CRON", block="steps", acts=True)
def define_cron(name: Text, *, on: Text, using: Text = "UTC") -> Value:
    """Runs its block by a schedule, `ON SCHEDULE "minute hour day month weekday"`, in the zone of USING."""


@crons.verb("LIST CRONS", effect="read", touches="")
def list_crons() -> Value:
    """Lists all crons."""


@crons.verb("DESCRIBE CRON", effect="read")
def describe_cron(name: Text) -> Value:
    """Gives the schedule and text of a cron."""


@crons.verb("DELETE CRON")
def delete_cron(name: Text) -> Value:
    """Deletes a cron."""


@watches.verb("WATCH", block="steps", acts=True)
def watch(source: Text, *, on: Text) -> Value:
    """Runs its block when something happens to "fs:folder", "table:database.table" or "stream:channel"."""


@watches.verb("LIST WATCHES", effect="read", touches="")
def list_watches() -> Value:
    """Lists all watches."""


@watches.verb("DELETE WATCH")
def delete_watch(source: Text) -> Value:
    """Ends a watch."""


@watches.verb("STREAM", touches="stream", names="TO", needs="a message store", acts=True)
def stream(value: Any, *, to: Text) -> Value:
    """Sends a value to all that listen to a channel."""
