"""Programs for jobs under attack, each with what it must have done in the end: rows, cache, files, webhooks, answer.

Every row that a program inserts carries the tag of its job and the number of its step, in a table that takes the same
row twice, so that an effect that happened twice or never can be seen.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from substrate.interface import Namespace

SET_UP = (
    'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "tag TEXT, step NUMBER, value NUMBER, id UUID PRIMARY"'
)
TABLE = "d.t"


@dataclass(frozen=True, slots=True)
class Work:
    """One job to be. `steps`: the rows that it leaves, once each; `cached` and `file`: what is under its tag then.

    `hooks`: how many webhooks it queues; `asks`: somebody has to approve; `cancels`: its client cancels it;
    `same`: all its rows have one random value.
    """

    kind: str
    tag: str
    source: str
    steps: tuple[int, ...] = ()
    state: str = "complete"
    result: Any = None
    cached: Any = None
    file: str | None = None
    hooks: int = 0
    asks: bool = False
    cancels: bool = False
    same: bool = False
    options: dict[str, Any] = field(default_factory=dict)


def rows_of(namespace: Namespace, tag: str) -> list[dict[str, Any]]:
    """The rows that carry a tag."""
    plan = {"Filter": {"predicate": {"Eq": ["tag", tag]}, "child": {"Scan": {"schema": TABLE}}}}
    return namespace.query(plan)


def row(tag: str, step: int, value: str = "1", more: str = "") -> str:
    """A chain of steps that inserts one row."""
    made = f'SET tag AS "{tag}" AND SET step AS {step} AND SET value AS {value}'
    return f'NEW JSON OBJECT OPEN NEST {made} CLOSE NEST SET ?o{step} AFTER INSERT ?o{step} INTO "t" FROM "d"{more}'


def loop(tag: str) -> Work:
    """Inserts in a loop, and says how far it came."""
    source = f"""RANGE FROM 0 TO 5 SET ?all
FOREACH ?all AS ?n OPEN NEST
  NEW JSON OBJECT OPEN NEST SET tag AS "{tag}" AND SET step AS ?n CLOSE NEST SET ?o
  INSERT ?o INTO "t" FROM "d"
  EMIT ?n & ";"
CLOSE NEST"""
    return Work("loop", tag, source, (0, 1, 2, 3, 4), result="0;1;2;3;4;")


def slow_loop(tag: str, rounds: int = 12) -> Work:
    """The same, with pauses in which the worker holds the job."""
    source = f"""RANGE FROM 0 TO {rounds} SET ?all
FOREACH ?all AS ?n OPEN NEST
  NEW JSON OBJECT OPEN NEST SET tag AS "{tag}" AND SET step AS ?n CLOSE NEST SET ?o
  INSERT ?o INTO "t" FROM "d" AFTER SLEEP "150ms"
CLOSE NEST
EMIT "over\""""
    return Work("slow loop", tag, source, tuple(range(rounds)), result="over")


def cancelled(tag: str) -> Work:
    """One that its client cancels somewhere on the way."""
    return replace(slow_loop(tag, 30), kind="cancelled", cancels=True)


def transaction(tag: str) -> Work:
    """Rows and cache in a transaction; a second one fails and leaves nothing but what stands behind its OR."""
    source = f"""TRANSACTION OPEN NEST
  {row(tag, 0)}
  {row(tag, 1)}
  CACHE "{tag}" AS "{tag}"
CLOSE NEST
TRANSACTION OPEN NEST
  {row(tag, 2)}
  CALCULATE "1 / 0"
CLOSE NEST OR {row(tag, 3)}
CACHE "{tag}" SET ?kept
EMIT ?kept"""
    return Work("transaction", tag, source, (0, 1, 3), result=tag, cached=tag)


def branches(tag: str) -> Work:
    """Steps beside each other."""
    objects = "\n".join(
        f'NEW JSON OBJECT OPEN NEST SET tag AS "{tag}" AND SET step AS {n} CLOSE NEST SET ?b{n}' for n in range(3)
    )
    inserts = " AND ".join(f'INSERT ?b{n} INTO "t" FROM "d"' for n in range(3))
    source = f'{objects}\n{inserts} AND SLEEP "30ms"\n{row(tag, 3)}\nEMIT "joined"'
    return Work("branches", tag, source, (0, 1, 2, 3), result="joined")


def caught(tag: str) -> Work:
    """Steps that fail, and what is done instead."""
    source = f"""PARSE JSON "{{" OR {row(tag, 0)}
INSERT "no row" INTO "t" FROM "d" OR {row(tag, 1)}
READ "/root/nothing-{tag}" OR EMIT "nothing" """
    return Work("caught", tag, source, (0, 1), result="nothing")


def sleeps(tag: str, pause: str = "1500ms") -> Work:
    """A pause that frees the worker; what was random before it is the same behind it."""
    source = f"""RANDOM SET ?r
{row(tag, 0, "?r")}
SLEEP "{pause}"
{row(tag, 1, "?r")}
SLEEP "50ms"
{row(tag, 2, "?r")}
EMIT "awake\""""
    return Work("sleeps", tag, source, (0, 1, 2), result="awake", same=True)


def confirms(tag: str) -> Work:
    """Waits for an approval."""
    source = f'{row(tag, 0)}\nCONFIRM "Go on with {tag}?"\n{row(tag, 1)}\nEMIT "approved"'
    return Work("confirms", tag, source, (0, 1), result="approved", asks=True)


def fails(tag: str) -> Work:
    """Ends with an error, behind an effect that stays."""
    source = f'{row(tag, 0)}\nCALCULATE "1 / 0"\n{row(tag, 1)}'
    return Work("fails", tag, source, (0,), state="error", result="CalculateFailed")


def files(tag: str) -> Work:
    """Writes a file over and over, and copies it."""
    folder = f"/root/{tag}"
    source = f"""WRITE "one" INTO "{folder}/f"
WRITE "two" INTO "{folder}/f"
{row(tag, 0)}
COPY "{folder}/f" TO "{folder}/result"
READ "{folder}/result" SET ?text
{row(tag, 1)}
EMIT ?text"""
    return Work("files", tag, source, (0, 1), result="two", file="two")


def webhooks(sink: str) -> Callable[[str], Work]:
    """Queues webhooks, and has its end told by one more."""

    def work(tag: str) -> Work:
        source = f"""NEW JSON OBJECT OPEN NEST SET tag AS "{tag}" CLOSE NEST SET ?told
WEBHOOK ?told AT "{sink}/{tag}"
{row(tag, 0)}
EMIT "told\""""
        return Work("webhooks", tag, source, (0,), result="told", hooks=2, options={"webhook": f"{sink}/{tag}"})

    return work


def kinds(sink: str) -> list[Callable[[str], Work]]:
    """Every kind of program. `sink`: where webhooks go."""
    return [loop, slow_loop, cancelled, transaction, branches, caught, sleeps, confirms, fails, files, webhooks(sink)]


def mixed(sink: str, seed: int, prefix: str) -> Iterator[Work]:
    """Programs of all kinds, in an order that the seed gives, without end. Tags begin with the prefix."""
    chosen = random.Random(seed)
    makers = kinds(sink)
    number = 0
    while True:
        chosen.shuffle(makers)
        for make in makers:
            number += 1
            yield make(f"{prefix}{number}")


def with_options(work: Work, **options: Any) -> Work:
    """The same work with more options."""
    return replace(work, options=work.options | options)


def everything(tag: str, sink: str) -> Work:
    """A bit of everything in one job, file steps that do the same when they are repeated among it."""
    folder = f"/root/{tag}"
    source = f"""RANDOM SET ?r
{row(tag, 0, "?r")}
TRANSACTION OPEN NEST
  {row(tag, 1, "?r")}
  {row(tag, 2, "?r")}
  CACHE "{tag}" AS "{tag}"
CLOSE NEST
PARSE JSON "{{" OR {row(tag, 3, "?r")}
TRANSACTION OPEN NEST
  {row(tag, 9, "?r")}
  CALCULATE "1 / 0"
CLOSE NEST OR {row(tag, 4, "?r")}
WRITE "one" INTO "{folder}/f"
WRITE "two" INTO "{folder}/result"
NEW JSON OBJECT OPEN NEST SET tag AS "{tag}" CLOSE NEST SET ?told
WEBHOOK ?told AT "{sink}/{tag}"
SLEEP "1100ms"
{row(tag, 5, "?r")}
NEW JSON OBJECT OPEN NEST SET tag AS "{tag}" AND SET step AS 6 AND SET value AS ?r CLOSE NEST SET ?a
NEW JSON OBJECT OPEN NEST SET tag AS "{tag}" AND SET step AS 7 AND SET value AS ?r CLOSE NEST SET ?b
INSERT ?a INTO "t" FROM "d" AND INSERT ?b INTO "t" FROM "d" AND SLEEP "20ms"
EMIT "over\""""
    return Work(
        "everything", tag, source, tuple(range(8)), result="over", cached=tag, file="two", hooks=2, same=True,
        options={"webhook": f"{sink}/{tag}"},
    )  # fmt: skip


def appends(tag: str) -> Work:
    """File steps that would do something else when they are repeated."""
    folder = f"/root/{tag}"
    source = f"""WRITE "one" INTO "{folder}/log"
WRITE ", two" INTO "{folder}/log" AS "append"
MOVE "{folder}/log" TO "{folder}/moved"
COPY "{folder}/moved" TO "{folder}/result"
REMOVE "{folder}/moved"
READ "{folder}/result" SET ?text
EMIT ?text"""
    return Work("appends", tag, source, (), result="one, two", file="one, two")
