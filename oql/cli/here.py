"""A run in this process."""

from oql import engine
from oql.cli.answers import Answer
from oql.cli.files import files_for
from oql.cli.interrupt import cancelling
from oql.cli.store import databases_for
from oql.context import CancelFlag
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
    """Runs a program with an empty cache and the databases and files of the data folder; Ctrl-C calls it off."""
    cancel = CancelFlag()
    context = local_context(namespace, request=request, limits=limits, cancel=cancel)
    try:
        with cancelling(cancel):
            program = compile_text(source.text, source.name, limits=limits)
            context.store = databases_for(program, namespace)
            context.files = files_for(program, namespace)
            outcome = engine.run(program, context, variables)
    except ProgramError as error:
        body = {"status": "error", "job_id": context.job_id, "error": error_json(error, source), "trace": []}
        return Answer(source, body, error)
    interrupted = cancel.is_set() and outcome.error is not None
    return Answer(source, outcome.as_json(context.job_id), outcome.error, interrupted)
