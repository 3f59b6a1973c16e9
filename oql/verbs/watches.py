"""Verbs on watches, programs that run when something happens, and on the streams that these may watch.

`oql.watches` is loaded at first use.
"""

from typing import TYPE_CHECKING

from oql.errors import Code, OqlError, failed, nearest
from oql.tables.access import all_or_none, no_table, read, write
from oql.values import Value
from oql.verbs.crons import kept_program
from oql.verbs.declare import Any, Family, Steps, Text
from oql.verbs.run import Run
from substrate.interface import Call, Frame, Namespace

if TYPE_CHECKING:
    from oql.watches import Source, Watch

family = Family(
    "watches",
    "Watches and streams",
    failure=Code.CAST_FAILED,
    exec_class="Io",
    options={"effect": "store", "touches": "watch", "quick": False},
)

_ARRIVALS = 'WATCH "stream:orders" ON "message" OPEN NEST CACHE !EVENT(message) AS "last" CLOSE NEST\n'


def _source(text: str) -> object:
    from oql import watches

    return watches.read_source(text)


@family.verb(
    "WATCH",
    examples=[(f"{_ARRIVALS}LIST WATCHES SET ?all\nEMIT ?all(0)(source)", "stream:orders")],
    block="steps",
    acts=True,
    reads_text={"": _source},
)
def watch(run: Run, source: Text, *, on: Text, block: Steps) -> Value:
    """Runs its block when something happens to "fs:/root/folder", "table:database.table" or "stream:channel".

    ON names what: "create|modify|delete" of files, "insert|update|delete" of rows, "message" of a stream. The block is
    a program of its own, once for each event, which it reads by !EVENT. A watch of the source is replaced.
    """
    from oql import watches

    watched = watches.read_source(source)
    events = watches.read_events(watched, on)
    kept_program(run, block)

    def work(frame: Frame, call: Call) -> None:
        if watched.kind == "table" and watched.name not in frame.table_ids():
            raise no_table(watched.name, frame)
        watches.define(frame, watched, events, block, run.clock())

    write(run, work)
    return True


@family.verb(
    "LIST WATCHES",
    examples=[(f"{_ARRIVALS}LIST WATCHES SET ?all\nEMIT ?all(0)(events)", ["message"])],
    effect="read",
    touches="",
)
def list_watches(run: Run) -> list[dict[str, Value]]:
    """Lists all watches by source: the events and the text of each."""
    from oql import watches

    return [watches.described(kept) for kept in read(run, lambda reading, call: _all(reading))]


@family.verb(
    "DELETE WATCH",
    examples=[(f'{_ARRIVALS}DELETE WATCH "stream:orders"\nLIST WATCHES SET ?all\nEMIT ?all', [])],
    acts=True,
)
def delete_watch(run: Run, source: Text) -> Value:
    """Ends a watch. What it has started already goes on; what it has yet to see is forgotten."""
    from oql import watches

    watched = watches.read_source(source)

    def work(frame: Frame, call: Call) -> None:
        if not watches.delete(frame, watched):
            raise _no_watch(watched, [kept.source.text for kept in watches.listed(frame)])

    write(run, work)
    return True


@family.verb("STREAM", examples=[('STREAM "hello" TO "orders"', True)], touches="stream", names="TO", acts=True)
def stream(run: Run, value: Any, *, to: Text) -> Value:
    """Sends a value to a channel: WATCH "stream:channel" sees it, with every other message in the order of sending."""
    from oql import watches

    channel = watches.read_source(f"stream:{to}")
    write(run, lambda frame, call: watches.send(frame, channel, value, run.clock()))
    return True


def _all(reading: Frame | Namespace) -> list["Watch"]:
    from oql import watches

    return all_or_none(lambda: watches.listed(reading))


def _no_watch(source: "Source", known: list[str]) -> OqlError:
    guess = nearest(source.text, known)
    hint = f"did you mean `{guess}`?" if guess else "LIST WATCHES gives all"
    return failed(Code.UNKNOWN_OPERATION, f"there is no watch on `{source.text}`", hint)
