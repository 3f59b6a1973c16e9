"""`oql run`: runs a program, in this process or on a server."""

import os
import sys
from typing import Any

import click

from oql.cli import answers, interrupt
from oql.cli.programs import YAML, read_program
from oql.cli.refusal import Refused
from oql.cli.values import RequestType, VariableType
from oql.source import Source


@click.command("run", short_help="Run a program.")
@click.argument("file", required=False, type=click.Path())
@click.option("-c", "code", metavar="PROGRAM", help="Run this text instead of a file.")
@click.option(
    "--var", "variables", type=VariableType(), multiple=True, help="Bind ?NAME to a text, or with := to JSON."
)
@click.option("--request", type=RequestType(), multiple=True, help="A part of the request for !REQUEST(KEY).")
@click.option("--allow-sideload", is_flag=True, help="Let texts that come from outside be run as programs.")
@click.option("--namespace", default="local", show_default=True, help="Whose data is used here.")
@click.option("--trace", is_flag=True, help="Show each step with its duration, on stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as POST /v1/query gives it.")
@click.option(
    "--server", metavar="URL", envvar="OQL_SERVER", show_envvar=True,
    help='Run it there instead of in this process, which "" means.',
)  # fmt: skip
@click.option("--user", envvar="OQL_USER", show_envvar=True, help="Username, email or phone on the server.")
@click.option("--password", envvar="OQL_PASSWORD", show_envvar=True, help="Asked for when it is left out.")
@click.option("--token", envvar="OQL_TOKEN", show_envvar=True, help="A bearer token instead of a password.")
def command(file: str | None, code: str | None, trace: bool, as_json: bool, **options: Any) -> None:
    """Run the program in FILE (`-`: standard input), or the one given with -c.

    The result goes to stdout: a text as it is, any other value as JSON. Warnings and errors go to stderr.

    \b
    oql run examples/hello.oql
    oql run -c 'EMIT !GET(name)' --request param:name=ada
    oql run order.oql --server http://127.0.0.1:4242 --user test
    """
    source = _source(file, code)
    try:
        answer = _on_server(source, **options) if options["server"] else _here(source, **options)
    except KeyboardInterrupt:
        click.echo("called off", err=True)
        sys.exit(interrupt.EXIT_CODE)
    answers.show(answer, as_json=as_json, trace=trace)
    sys.exit(answer.exit_code)


def _source(file: str | None, code: str | None) -> Source:
    if file is None and code is None:
        raise click.UsageError("give a FILE, or a program with -c")
    if file is not None and code is not None:
        raise click.UsageError("give either a FILE or a program with -c, not both")
    if code is not None:
        return Source(code, "<command line>")
    return _of_file(str(file))


def _of_file(path: str) -> Source:
    """The program in a file. Refused for a program itself, and for a chain, which other ways of calling run."""
    if len(path.split()) > 1 and not os.path.exists(path):
        raise Refused(f"{path}: no such file; a program itself stands behind -c")
    if path.endswith(YAML):
        raise Refused(f"{path} is YAML; a chain is run by `oql chain run {path}`")
    return read_program(path)


def _here(
    source: Source, variables: Any, request: Any, namespace: str, allow_sideload: bool, **_server: Any
) -> answers.Answer:
    from oql.cli.here import run_here
    from oql.cli.limits import limits_in_force

    limits = limits_in_force()
    return run_here(source, dict(variables), dict(request), namespace, limits, may_sideload=allow_sideload)


def _on_server(
    source: Source,
    server: str,
    variables: Any,
    request: Any,
    namespace: str,
    allow_sideload: bool,
    **credentials: Any,
) -> answers.Answer:
    from oql.cli.remote import Credentials, Server, run_there
    from oql.program import inspect

    if allow_sideload:
        raise Refused("--allow-sideload works in this process only: on a server, the account has to be allowed")
    if variables:
        raise Refused('--var works in this process only: a server takes --request; --server "" runs it here')
    answers.show_warnings(inspect(source.text, source.name).warnings, source)
    return run_there(source, Server(server, Credentials.given(**credentials)), dict(request))
