"""UUID and RANDOM. Chance comes from the run's context: the system's in production, fixed in tests."""

from typing import Literal

from oql.context import Context
from oql.errors import Code, expected
from oql.verbs.calculate import family
from oql.verbs.declare import Whole

_VERSIONS = {"v4": 4, "v7": 7}


@family.verb(
    "UUID",
    draws=True,
    examples=[
        ("UUID SET ?id AFTER LENGTH ?id", 36),
        ("UUID AS v7 SET ?id AFTER SLICE ?id FROM 14 TO 15", "7"),
    ],
)
def uuid(context: Context, *, as_: Literal["v4", "v7"] = "v4") -> str:
    """Makes a new UUID: random (v4), or one that sorts by time (v7)."""
    return context.new_id(_VERSIONS[as_])


@family.verb(
    "RANDOM",
    draws=True,
    only_with={"FROM": "TO", "TO": "FROM"},
    examples=[
        ("RANDOM FROM 7 TO 7", 7),
        ("RANDOM SET ?r AFTER IF ?r IS LESS THAN 1 OPEN NEST EMIT true CLOSE NEST", True),
    ],
)
def random(context: Context, *, from_: Whole | None = None, to: Whole | None = None) -> int | float:
    """Draws a whole number between two, both included; without them a decimal from 0 to below 1."""
    if from_ is None or to is None:  # neither stands there without the other
        return context.random.random()
    if from_ > to:
        raise expected(Code.TYPE_FAILED, f"TO from {from_} up", f"{to}")
    return context.random.randint(from_, to)
