"""How far each step of an execution has come, as its row has it."""

from dataclasses import dataclass
from typing import Any, Literal

from substrate.interface import Frame, SystemTables

Status = Literal["pending", "running", "done", "error", "skipped"]

_COLUMNS = (
    "number, id, status, output, variable, error, started, finished, duration_ms, input_tokens, output_tokens, kept"
)


@dataclass(slots=True)
class StepState:
    """One step. Times are Unix seconds; `variable`: that of its output_var; `kept`: 1 where a resume leaves it so."""

    number: int
    id: str
    status: Status = "pending"
    output: str | None = None
    variable: str | None = None
    error: str | None = None
    started: float | None = None
    finished: float | None = None
    duration_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    kept: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.status in ("done", "skipped")


def write(frame: Frame, execution: str, state: StepState) -> None:
    """Writes the row of a step."""
    frame.system(
        f"INSERT INTO execution_step (job, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (job, number) DO UPDATE SET status = excluded.status, output = excluded.output, "
        "variable = excluded.variable, error = excluded.error, started = excluded.started, "
        "finished = excluded.finished, duration_ms = excluded.duration_ms, input_tokens = excluded.input_tokens, "
        "output_tokens = excluded.output_tokens, kept = excluded.kept",
        execution, state.number, state.id, state.status, state.output, state.variable, state.error, state.started,
        state.finished, state.duration_ms, state.input_tokens, state.output_tokens, state.kept,
    )  # fmt: skip


def create(frame: Frame, execution: str, ids: list[str]) -> None:
    """Makes the rows of all steps, pending."""
    for first in range(0, len(ids), 100):
        some = ids[first : first + 100]
        frame.system(
            "INSERT INTO execution_step (job, number, id, status, kept) VALUES "
            + ", ".join(["(?, ?, ?, 'pending', 0)"] * len(some)),
            *[cell for number, name in enumerate(some, first) for cell in (execution, number, name)],
        )


def of(tables: SystemTables, execution: str) -> list[StepState]:
    """The steps of an execution, in the order of its text."""
    rows: list[Any] = tables.system(f"SELECT {_COLUMNS} FROM execution_step WHERE job = ? ORDER BY number", execution)
    return [StepState(*row) for row in rows]
