"""Outputs of steps, kept for later executions: found by a digest of everything that they were made of."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Protocol

from chains import spec
from chains.references import Scope, filled, template
from chains.spec import Chain, Step
from chains.work import Output
from oql import json
from substrate.interface import SystemTables

_APART = frozenset(
    {
        "label", "output_var", "depends_on", "pre_tools", "model", "fallback_models", "condition", "early_exit_if",
        "retry", "timeout_ms", "cache",
    }
)  # fmt: skip
"""Fields that do not decide what a step gives, or whose values count instead."""
_LONGEST_S = 30 * 86_400.0


class Cached(Protocol):
    """The work of a step, as far as its cache needs it: see `chains.work.Work`."""

    @property
    def step(self) -> Step:
        """The step."""

    @property
    def chain(self) -> Chain:
        """The chain."""

    @property
    def chain_name(self) -> str:
        """What the chain is stored as."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Everything that the step can refer to."""


def key_of(work: Cached, models: Sequence[str], values: Mapping[str, str]) -> str:
    """The key of what a step gives now: SHA-256 in hex digits.

    models: those that it asks, in order; values: those of its pre-tools.
    """
    fields = work.step.model_dump(exclude=set(_APART))
    scope = Scope(work.variables)
    made_of = {
        "chain": work.chain_name,
        "step": work.step.id,
        "type": work.step.type,
        "fields": filled(fields, lambda text: template(text).fill(scope)),
        "read": {name: work.variables.get(name) for name in _read(work)},
        "models": list(models),
        "values": dict(values),
        "most": work.chain.max_context_chars,
    }
    return sha256(json.dumps(made_of, sort_keys=True)).hexdigest()


def find(tables: SystemTables, key: str, now: float, ttl_minutes: float) -> Output | None:
    """What is kept under a key, unless it is older than so many minutes."""
    found = tables.system("SELECT output FROM chain_cache WHERE key = ? AND made >= ?", key, now - ttl_minutes * 60)
    if not found:
        return None
    kept = json.loads(str(found[0][0]))
    return Output(kept["text"], kept.get("variable"))


def keep(tables: SystemTables, key: str, output: Output, now: float) -> None:
    """Keeps what a step has given, instead of what was kept before. `tables`: a frame, with which it commits."""
    kept = json.dumps({"text": output.text, "variable": output.variable}).decode()
    tables.system("DELETE FROM chain_cache WHERE key = ?", key)
    tables.system("INSERT INTO chain_cache (key, output, made) VALUES (?, ?, ?)", key, kept, now)


def drop_old(tables: SystemTables, now: float) -> None:
    """Forgets what nothing has made anew for a month. `tables`: a frame."""
    tables.system("DELETE FROM chain_cache WHERE made < ?", now - _LONGEST_S)


def _read(work: Cached) -> Iterator[str]:
    """The variables that a step reads by their names; of one that runs a program, all."""
    step = work.step
    if _runs_a_program(step):
        yield from work.variables
    if isinstance(step, spec.Merge):
        yield from step.inputs
    if isinstance(step, spec.Evaluator):
        yield step.input_var
    if isinstance(step, spec.Loop):
        yield step.items_var


def _runs_a_program(step: Step) -> bool:
    template = step.step_template if isinstance(step, spec.Loop) else None
    return isinstance(step, spec.Oql) or (template or {}).get("type") in ("oql", "subchain", "webhook")
