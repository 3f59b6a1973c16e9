"""Starts executions: their job, their steps and their first event are made in one commit."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from chains.executions import steps
from chains.executions.records import TooMany
from chains.inputs import Given, InputRefused, given
from chains.lowering import ChainRefused, Lowered, lowered
from chains.spec import Chain
from oql.jobs import records as jobs
from oql.jobs.executions import add_events, slots_taken
from substrate.interface import Frame

__all__ = ["ChainRefused", "TooMany", "checked_inputs", "create", "new_id", "start"]


def new_id(kind: str = "chain") -> str:
    """An id that no execution has."""
    digits = os.urandom(8).hex()
    return f"pip_{digits}" if kind == "pipeline" else digits


def start(
    frame: Frame,
    *,
    kind: str,
    name: str,
    text: str,
    values: Mapping[str, Any],
    now: float,
    limit: int,
    size_of: Callable[[str], int | None],
    waits: bool = False,
    texts: Mapping[str, str] | None = None,
    execution: str = "",
    parent: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> str:
    """Starts a chain or pipeline; the id of the execution.

    limit: how many may run at once; waits: whether it waits for a slot where none is free; size_of: the bytes of a file
    below /root/; texts: of the chains of a pipeline, by name; execution: its id, where that is given; parent: the job
    that waits for it, which takes the place of a slot; options: more of its job. Raises TooMany, ChainRefused.
    """
    taken = slots_taken(frame) if parent is None else -1
    if taken >= limit and not waits:
        raise TooMany(taken, limit)
    ready = lowered(kind, name, text)
    inputs = checked_inputs(ready.chain, values, size_of)
    execution = execution or new_id(kind)
    kept: dict[str, Any] = {
        **(options or {}),
        "input": dict(values), "given": inputs.texts, "omitted": sorted(inputs.omitted), "texts": dict(texts or {}),
    }  # fmt: skip
    jobs.create(frame, id=execution, source=text, request={}, now=now, kind=kind, name=name, options=kept)
    free = taken < limit
    if not free:
        frame.system("UPDATE job SET due = NULL WHERE id = ?", execution)
    create(
        frame,
        execution,
        kind=kind,
        name=name,
        ready=ready,
        now=now,
        slot=int(free) if parent is None else None,
        parent=parent,
    )
    return execution


def create(
    frame: Frame,
    execution: str,
    *,
    kind: str,
    name: str,
    ready: Lowered,
    now: float,
    slot: int | None,
    parent: str | None = None,
    root: str | None = None,
    place: str = "",
) -> None:
    """Makes what an execution has beside its job."""
    frame.system(
        "INSERT INTO execution (job, kind, name, created, parent, root, place, slot, decided, given_up, stalls, files) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '[]')",
        execution, kind, name, now, parent, root or execution, place, slot,
    )  # fmt: skip
    steps.create(frame, execution, [step.id for step in ready.chain.steps])
    shown = f"pipeline:{name}" if kind == "pipeline" else name
    add_events(frame, execution, 1, [{"type": "execution_started", "executionId": execution, "chainName": shown}])


def checked_inputs(chain: Chain, values: Mapping[str, Any], size_of: Callable[[str], int | None]) -> Given:
    """The inputs of a run. Raises ChainRefused."""
    try:
        return given(chain.inputs, values, size_of)
    except InputRefused as error:
        raise ChainRefused(error.message, error.hint) from None
