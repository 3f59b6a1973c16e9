"""Verbs on programs that are kept, and on texts that are run as programs (oql/inner.py runs what they find).

`oql.operations` is loaded at first use.
"""

import re
from typing import TYPE_CHECKING

from oql.errors import Code, OqlError, failed, nearest
from oql.tables.access import all_or_none, read, write
from oql.values import Value
from oql.verbs.crons import kept_program
from oql.verbs.declare import Family, Object, Steps, Text
from oql.verbs.files import read as read_file
from oql.verbs.run import Run
from substrate.interface import Call, Frame, Namespace

if TYPE_CHECKING:
    from oql.operations import Version

family = Family("stored", "Stored programs", exec_class="Io", options={"touches": "operation", "quick": False})

_URL = re.compile(r"https?:", re.IGNORECASE)
_LONGEST_NAME = 200
_GREET = 'DEFINE NEW OPERATION AS "greet" OPEN NEST RETURN "Hello " & !REQUEST(name) CLOSE NEST\n'


@family.verb(
    "DEFINE NEW OPERATION",
    examples=[
        (
            f'{_GREET}PARSE JSON \'{{"name": "Ada"}}\' SET ?who\n'
            'EXECUTE OPERATION "greet" WITH ?who SET ?text AFTER EMIT ?text',
            "Hello Ada",
        )
    ],
    effect="store",
    block="steps",
    names="AS",
    acts=True,
)
def define_operation(run: Run, *, as_: Text, block: Steps) -> Value:
    """Keeps its block as an operation under a name. One of the name gets a new version; the last 20 are kept.

    The block is a program of its own: it sees no variable of this one.
    """
    from oql import operations as kept

    kept_program(run, block)
    write(run, lambda frame, call: kept.define(frame, as_, block, run.clock()))
    return True


@family.verb(
    "EXECUTE OPERATION",
    examples=[(f'{_GREET}EXECUTE OPERATION "greet" SET ?text AFTER EMIT ?text', "Hello ")],
    effect="read",
    runs_text="apart",
)
def execute_operation(run: Run, name: Text, *, with_: Object | None = None) -> dict[str, Value]:
    """Runs an operation and gives what it returns. WITH gives an object, which it reads by `!REQUEST(key)`.

    What it emits joins the output; what nothing in it catches fails this step.
    """

    from oql import operations as kept

    def work(reading: Frame | Namespace, call: Call) -> "Version":
        found = all_or_none(lambda: [kept.current(reading, name)])
        if not found or found[0] is None:
            raise _no_operation(reading, name)
        return found[0]

    return run.pinned(f"operation {name}", read(run, work).source)


@family.verb(
    "LIST OPERATIONS",
    examples=[(f"{_GREET}LIST OPERATIONS SET ?all\nEMIT ?all(0)(name)", "greet")],
    effect="read",
    touches="",
)
def list_operations(run: Run) -> list[Value]:
    """Lists all operations by name, with the number of their last version and when they were made and changed."""
    from oql import operations as kept

    return read(run, lambda reading, call: all_or_none(lambda: kept.listed(reading)))


@family.verb(
    "DESCRIBE OPERATION",
    examples=[(f'{_GREET}DESCRIBE OPERATION "greet" SET ?o\nEMIT ?o(source)', 'RETURN "Hello " & !REQUEST(name)')],
    effect="read",
)
def describe_operation(run: Run, name: Text) -> dict[str, Value]:
    """Gives the text of an operation, and its versions with their texts and when they were made."""

    from oql import operations as kept

    def work(reading: Frame | Namespace, call: Call) -> dict[str, Value]:
        found = all_or_none(lambda: kept.versions(reading, name))
        if not found:
            raise _no_operation(reading, name)
        return kept.described(found)

    return read(run, work)


@family.verb(
    "DELETE OPERATION",
    examples=[(f'{_GREET}DELETE OPERATION "greet"\nLIST OPERATIONS SET ?all\nEMIT ?all', [])],
    effect="store",
    acts=True,
)
def delete_operation(run: Run, name: Text) -> Value:
    """Deletes an operation with all its versions. Jobs that have begun it go on with it."""

    from oql import operations as kept

    def work(frame: Frame, call: Call) -> None:
        if not kept.delete(frame, name):
            raise _no_operation(frame, name)

    write(run, work)
    return True


@family.verb(
    "INCLUDE",
    examples=[
        (
            "WRITE 'UPPER ?name SET ?loud' INTO \"/root/loud.oql\"\n"
            'LOWER "Ada" SET ?name AFTER INCLUDE "/root/loud.oql" AFTER EMIT ?loud',
            "ADA",
        )
    ],
    effect="read",
    touches="script",
    runs_text="here",
)
def include(run: Run, place: Text) -> dict[str, Value]:
    """Runs a program from a file or an https URL as if it stood here, on these variables; gives what it returns.

    A place that may come from outside the program is Forbidden, unless the account may SIDELOAD.
    """
    shown = place.partition("?")[0] if _URL.match(place) else place
    return run.pinned(shown[:_LONGEST_NAME], _script(run, place))


@family.verb(
    "SIDELOAD",
    examples=[("SIDELOAD 'UPPER \"ada\" SET ?loud' AFTER EMIT ?loud", "ADA")],
    exec_class="Cpu",
    touches="",
    runs_text="here",
)
def sideload(program: Text) -> dict[str, Value]:
    """Runs a text as a program that stands here, on these variables, and gives what it returns.

    A text that may come from outside the program is Forbidden, unless the account may run such texts.
    """
    return {"in": "SIDELOAD", "text": program}


def _script(run: Run, place: str) -> str:
    if not _URL.match(place):
        return str(read_file(run, place))
    from oql.remote import text_at

    return text_at(run, place)


def _no_operation(reading: Frame | Namespace, name: str) -> OqlError:
    from oql import operations as kept

    guess = nearest(name, all_or_none(lambda: kept.names(reading)))
    hint = f"did you mean `{guess}`?" if guess else "LIST OPERATIONS gives all"
    return failed(Code.UNKNOWN_OPERATION, f"there is no operation `{name[:200]}`", hint)
