"""A run in this process."""

import threading

from oql import engine
from oql.cli.answers import Answer
from oql.cli.interrupt import cancelling
from oql.errors import ProgramError
from oql.limits import Limits
from oql.local import local_context
from oql.program import compile_text
from oql.report import error_json
from oql.source import Source
from oql.values import Value


def run_here(
    source: Source, variables: dict[str, Value], request: dict[str, str], namespace: str, limits: Limits
) -> Answer:
    """Runs a program with an empty cache; Ctrl-C calls it off."""
    cancel = threading.Event()
    context = local_context(namespace, request=request, limits=limits, cancel=cancel)
    try:
        with cancelling(cancel):
            program = compile_text(source.text, source.name, limits=limits)
            outcome = engine.run(program, context, variables)
    except ProgramError as error:
        body = {"status": "error", "job_id": context.job_id, "error": error_json(error, source), "trace": []}
        return Answer(source, body, error)
    interrupted = cancel.is_set() and outcome.error is not None
    return Answer(source, outcome.as_json(context.job_id), outcome.error, interrupted)
