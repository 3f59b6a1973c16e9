"""A run in this process."""

from oql import engine
from oql.cli.answers import Answer, answer_command, show_warnings
from oql.cli.environment import environment_for
from oql.cli.files import files_for
from oql.cli.interrupt import cancelling
from oql.cli.store import databases_for, tell_workers
from oql.context import CancelFlag
from oql.errors import ProgramError
from oql.limits import Limits
from oql.local import local_context
from oql.program import Program, inspect
from oql.report import error_json
from oql.source import Source
from oql.values import Value


def run_here(
    source: Source,
    variables: dict[str, Value],
    request: dict[str, str],
    namespace: str,
    limits: Limits,
    *,
    may_sideload: bool = False,
) -> Answer:
    """Runs a program with an empty cache and the databases and files of the data folder; Ctrl-C calls it off.

    Its warnings are shown before. One that asks a person asks in the terminal, and has the namespace's own cache: it
    may go on elsewhere.
    """
    cancel = CancelFlag()
    context = local_context(namespace, request=request, limits=limits, cancel=cancel)
    try:
        with cancelling(cancel):
            checked = inspect(source.text, source.name, limits)
            program = checked.compiled()
            show_warnings(checked.warnings_given(variables), source)
            if program.asks_or_sends:
                return _run_or_keep(program, variables, request, namespace, cancel, may_sideload=may_sideload)
            context.store = databases_for(program, namespace)
            context.files, context.environment = files_for(program, namespace), environment_for(program)
            outcome = engine.run(program, context, variables)
            tell_workers(program, context.store)
    except ProgramError as error:
        body = {"status": "error", "job_id": context.job_id, "error": error_json(error, source), "trace": []}
        return Answer(source, body, error)
    interrupted = cancel.is_set() and outcome.error is not None
    return Answer(source, outcome.as_json(context.job_id), outcome.error, interrupted)


def _run_or_keep(
    program: Program,
    variables: dict[str, Value],
    request: dict[str, str],
    namespace: str,
    cancel: CancelFlag,
    *,
    may_sideload: bool,
) -> Answer:
    from oql.cli.keeping import run_or_keep

    ended, body = run_or_keep(program, variables, request, namespace, cancel, may_sideload=may_sideload)
    if ended.outcome.status == "suspended":
        return Answer(program.source, body, go_on=answer_command(body["job_id"], namespace))
    interrupted = cancel.is_set() and ended.outcome.error is not None
    return Answer(program.source, body, ended.outcome.error, interrupted)
