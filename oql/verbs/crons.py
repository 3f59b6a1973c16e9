"""Verbs on crons: programs that run by a schedule. `oql.schedules` is loaded at first use."""

from typing import TYPE_CHECKING

from oql import program
from oql.errors import Code, OqlError, failed, nearest
from oql.tables.access import all_or_none, read, write
from oql.values import Value
from oql.verbs.declare import Family, Steps, Text
from oql.verbs.run import Run
from substrate.interface import Call, Frame, Namespace

if TYPE_CHECKING:
    from oql.schedules import Cron

family = Family(
    "crons",
    "Crons",
    failure=Code.CAST_FAILED,
    exec_class="Io",
    options={"effect": "store", "touches": "cron", "quick": False},
)

_NIGHTLY = 'DEFINE CRON "nightly" ON SCHEDULE "0 3 * * *" USING "Europe/Berlin" OPEN NEST FLUSH "report" CLOSE NEST\n'


def _checked(schedule: str) -> object:
    from oql import schedules

    return schedules.next_after(schedule, "UTC", 0.0)


@family.verb(
    "DEFINE CRON",
    examples=[(f'{_NIGHTLY}DESCRIBE CRON "nightly" SET ?c\nEMIT ?c(schedule)', "0 3 * * *")],
    block="steps",
    acts=True,
    reads_text={"ON": _checked},
)
def define_cron(run: Run, name: Text, *, on: Text, using: Text = "UTC", block: Steps) -> Value:
    """Runs its block by a schedule, `ON SCHEDULE "minute hour day month weekday"`, in the zone of USING.

    The block is a program of its own: it sees no variable of this one. A cron of the name is replaced.
    """
    from oql import schedules

    kept_program(run, block)
    write(run, lambda frame, call: schedules.define(frame, name, on, using, block, run.clock()))
    return True


@family.verb(
    "LIST CRONS",
    examples=[(f"{_NIGHTLY}LIST CRONS SET ?all\nEMIT ?all(0)(name)", "nightly")],
    effect="read",
    touches="",
)
def list_crons(run: Run) -> list[Value]:
    """Lists all crons by name, as DESCRIBE CRON does but without their text."""
    return [_without_text(cron) for cron in read(run, lambda reading, call: _all(reading))]


@family.verb(
    "DESCRIBE CRON",
    examples=[(f'{_NIGHTLY}DESCRIBE CRON "nightly" SET ?c\nEMIT ?c(source)', 'FLUSH "report"')],
    effect="read",
)
def describe_cron(run: Run, name: Text) -> dict[str, Value]:
    """Gives the schedule, zone and text of a cron, when it fires `next` and fired `last`, and how often it did."""

    from oql import schedules

    def work(reading: Frame | Namespace, call: Call) -> "Cron":
        crons = {cron.name: cron for cron in _all(reading)}
        if name not in crons:
            raise _no_cron(name, list(crons))
        return crons[name]

    return schedules.described(read(run, work))


@family.verb(
    "DELETE CRON", examples=[(f'{_NIGHTLY}DELETE CRON "nightly"\nLIST CRONS SET ?all\nEMIT ?all', [])], acts=True
)
def delete_cron(run: Run, name: Text) -> Value:
    """Deletes a cron. What it has started already goes on."""

    from oql import schedules

    def work(frame: Frame, call: Call) -> None:
        if not schedules.delete(frame, name):
            raise _no_cron(name, [cron.name for cron in schedules.listed(frame)])

    write(run, work)
    return True


def kept_program(run: Run, text: str) -> None:
    """Compiles what stands in a block that is kept. Raises ProgramError, and ParseError where it is empty."""
    compiled = program.load(text, run.context.limits)
    if len(compiled.code) == 1:
        raise failed(
            Code.PARSE_ERROR, "the block holds no step", "write what is to run between OPEN NEST and CLOSE NEST"
        )


def _all(reading: Frame | Namespace) -> list["Cron"]:
    from oql import schedules

    return all_or_none(lambda: schedules.listed(reading))


def _without_text(cron: "Cron") -> dict[str, Value]:
    from oql import schedules

    shown = schedules.described(cron)
    del shown["source"]
    return shown


def _no_cron(name: str, known: list[str]) -> OqlError:
    guess = nearest(name, known)
    hint = f"did you mean `{guess}`?" if guess else "LIST CRONS gives all"
    return failed(Code.UNKNOWN_OPERATION, f"there is no cron `{name[:200]}`", hint)
