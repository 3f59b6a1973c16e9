"""`oql jobs`: the jobs of a data folder, or of an account on a server."""

import sys
from typing import Any, get_args

import click

from oql.cli import answers, interrupt
from oql.cli.jobs.places import Jobs, opened
from oql.cli.options import data_option
from oql.cli.values import RequestType
from oql.jobs.states import State

_job = click.argument("job", metavar="ID")
_json = click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")


def _where(command: Any) -> Any:
    """The options that say whose jobs are meant; the command gets a `Jobs` as `jobs`."""

    def call(
        data: str | None,
        namespace: str,
        server: str | None,
        user: str | None,
        password: str | None,
        token: str | None,
        **named: Any,
    ) -> None:
        try:
            command(opened(data, namespace, server, user, password, token), **named)
        except KeyboardInterrupt:
            sys.exit(interrupt.EXIT_CODE)

    call.__doc__ = command.__doc__
    call.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined] # of click
    for option in (
        click.option("--token", envvar="OQL_TOKEN", show_envvar=True, help="A bearer token instead of a password."),
        click.option("--password", envvar="OQL_PASSWORD", show_envvar=True, help="Asked for when it is left out."),
        click.option("--user", envvar="OQL_USER", show_envvar=True, help="Username, email or phone on the server."),
        click.option(
            "--server", metavar="URL", envvar="OQL_SERVER", show_envvar=True,
            help='The account\'s jobs there, instead of those of the data folder, which "" means.',
        ),
        click.option("--namespace", default="local", show_default=True, help="Whose jobs of the data folder."),
        data_option,
    ):  # fmt: skip
        call = option(call)
    return call


@click.group("jobs", short_help="List, show, answer, cancel and retry jobs.")
def command() -> None:
    """Look after jobs: runs that outlive the process they began in.

    \b
    oql jobs list --status suspended
    oql jobs answer ID --approve
    oql jobs show ID --trace --server https://oql.example.com
    """


@command.command("list")
@_where
@click.option("--status", type=click.Choice(get_args(State)), multiple=True, help="Only these; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="So many at most.")
@_json
def list_(jobs: Jobs, status: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List jobs, the newest first."""
    from oql.cli.jobs.shown import show_list

    found = jobs.listed(status, limit)
    if as_json:
        click.echo(answers.json_text(found))
    elif found:
        show_list(found)
    else:
        click.echo("there are no such jobs" if status else "there are no jobs", err=True)


@command.command("show", short_help="Show how a job stands.")
@_where
@_job
@click.option("--trace", is_flag=True, help="Show each step with its duration.")
@_json
def show(jobs: Jobs, job: str, trace: bool, as_json: bool) -> None:
    """Show how a job stands: times, result or error, and what it waits for."""
    from oql.cli.jobs.shown import show_job

    found = jobs.find(job)
    if as_json:
        click.echo(answers.json_text(found))
    else:
        show_job(found, trace=trace)


@command.command("cancel", short_help="Cancel a job that is not over.")
@_where
@_job
@_json
def cancel(jobs: Jobs, job: str, as_json: bool) -> None:
    """Cancel a job that is not over: none of its steps starts any more."""
    cancelled = jobs.cancel(job)
    click.echo(answers.json_text(cancelled) if as_json else f"job {job} cancelled")


@command.command("retry", short_help="Let a failed job go on.")
@_where
@_job
@_json
def retry(jobs: Jobs, job: str, as_json: bool) -> None:
    """Let a failed job go on behind its last finished step, and show what it comes to."""
    _end(jobs.retry(job), as_json)


@command.command("answer", short_help="Answer what a job waits for.")
@_where
@_job
@click.option("--approve", is_flag=True, help="Decide what CONFIRM asks: yes.")
@click.option("--reject", is_flag=True, help="Decide what CONFIRM asks: no.")
@click.option("--reason", help="Why it is rejected.")
@click.option("--field", "fields", type=RequestType(), multiple=True, metavar="NAME=VALUE", help="A field of a form.")
@click.option("--key", help="Which of several questions is meant: its `key` in `oql jobs show --json`.")
@_json
def answer(jobs: Jobs, job: str, key: str | None, as_json: bool, **given: Any) -> None:
    """Answer what a job waits for, in the terminal or by options, and show what the job comes to.

    Exits as `oql run` does: with 3 when it is left without an answer, or the job asks again and gets none.
    """
    _end(jobs.answer(job, _given(**given), key), as_json)


def _given(approve: bool, reject: bool, reason: str | None, fields: Any) -> dict[str, Any] | None:
    """The answer in the options, as /v1/confirm takes it; None without one. Raises UsageError where they disagree."""
    if approve and reject:
        raise click.UsageError("give one of --approve and --reject: an answer counts at once, and only one does")
    decided = approve or reject
    if (reason is not None and not decided) or (decided and fields):
        raise click.UsageError("give --approve or --reject (with a --reason), or --field for each field of a form")
    if decided:
        return {"approved": approve, "reason": reason}
    return {"fields": dict(fields)} if fields else None


def _end(answer: answers.Answer, as_json: bool) -> None:
    answers.show(answer, as_json=as_json)
    sys.exit(answer.exit_code)


@command.command("deliveries", short_help="List the webhooks and mails of a job.")
@_where
@_job
@_json
def deliveries(jobs: Jobs, job: str, as_json: bool) -> None:
    """List the webhooks of a job, and here its mails, with every attempt to deliver them."""
    from oql.cli.jobs.shown import show_deliveries

    found = jobs.deliveries(job)
    if as_json:
        click.echo(answers.json_text(found))
    elif found:
        show_deliveries(found)
    else:
        click.echo(f"job {job} has sent nothing", err=True)


@command.command("redeliver")
@_where
@_job
@click.option("--delivery", metavar="ID", help="Only this one; default: all of the job that are not on their way.")
def redeliver(jobs: Jobs, job: str, delivery: str | None) -> None:
    """Send what a job has sent once more. A server on the folder does so."""
    for sent in jobs.redeliver(job, delivery):
        click.echo(f"{sent} is sent once more")
