"""The states of a job, and how it may come from one to another."""

from typing import Literal, TypeAlias

State: TypeAlias = Literal["queued", "running", "suspended", "complete", "error", "cancelled"]

TRANSITIONS: dict[State, tuple[State, ...]] = {
    "queued": ("running", "cancelled"),
    "running": ("complete", "error", "suspended", "queued", "cancelled"),
    "suspended": ("queued", "running", "cancelled"),
    "error": ("queued",),
    "complete": (),
    "cancelled": (),
}

FINAL: tuple[State, ...] = ("complete", "error", "cancelled")


def before(state: State) -> str:
    """The states from which a job may come to this one, as SQL writes a list of texts."""
    return ", ".join(f"'{each}'" for each, following in TRANSITIONS.items() if state in following)
