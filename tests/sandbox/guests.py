"""Runs guests in programs, as tests need them."""

from oql import engine, program
from oql.context import CancelFlag
from oql.engine import Outcome
from oql.limits import Limits
from oql.local import local_context
from oql.values import Value

SHORT = Limits(computing_s=0.2)


def run(text: str, limits: Limits = SHORT, cancel: CancelFlag | None = None) -> Outcome:
    """How a program ends on this machine."""
    return engine.run(program.load(text, limits), local_context(limits=limits, cancel=cancel))


def guest(language: str, code: str, limits: Limits = SHORT, cancel: CancelFlag | None = None) -> Outcome:
    """How a program of one guest ends."""
    quoted = code.replace("\\", "\\\\").replace("`", "\\`")
    return run(f'WEBASSEMBLY `{quoted}` AS "{language}" SET ?r AFTER EMIT ?r', limits, cancel)


def value(language: str, code: str, limits: Limits = SHORT) -> Value:
    """What a guest gives that ends well."""
    outcome = guest(language, code, limits)
    assert outcome.error is None, outcome.error
    return outcome.result
