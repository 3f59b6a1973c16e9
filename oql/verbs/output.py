"""Verbs for what a program gives out."""

from oql.values import Multi
from oql.verbs.declare import Branches, Family, Run

family = Family("output", "Output")


@family.verb("EMIT", examples=[('EMIT "Hello"', "Hello"), ('EMIT "a" AFTER EMIT 1', "a1")], acts=True)
def emit(run: Run, value: Branches) -> bool:
    """Adds a value to the program's result.

    One EMIT gives the value itself, several the joined text forms; of a multivariable one branch is drawn
    at random.
    """
    run.emit(value.branches[run.draw(len(value.branches))] if type(value) is Multi else value)
    return True
