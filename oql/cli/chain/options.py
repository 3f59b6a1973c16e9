"""What the commands that ask a server have in common: which one, who asks, and the completion of names."""

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from oql.cli.refusal import Refused

if TYPE_CHECKING:
    from oql.cli.chain.server import ChainServer

_OPTIONS = (
    click.option("--token", envvar="OQL_TOKEN", show_envvar=True, help="A bearer token instead of a password."),
    click.option("--password", envvar="OQL_PASSWORD", show_envvar=True, help="Asked for when it is left out."),
    click.option("--user", envvar="OQL_USER", show_envvar=True, help="Username, email or phone on the server."),
    click.option(
        "--server", "address", metavar="URL", envvar="OQL_SERVER", show_envvar=True,
        help="Where the chains are; default: the server of the settings, on this machine.",
    ),
)  # fmt: skip

json_option = click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")


def on_server(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that say which server is asked; the command gets a ChainServer as `server`."""

    def call(address: str | None, user: str | None, password: str | None, token: str | None, **named: Any) -> None:
        from oql.cli.chain.server import server_at

        command(server_at(address, user, password, token), **named)

    update_wrapper(call, command)
    call.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined] # of click
    for option in _OPTIONS:
        option(call)
    return call


def _asked(context: click.Context) -> "ChainServer":
    """The server for completion, which asks for no password."""
    from oql.cli.chain.server import server_at

    given = {name: context.params.get(name) for name in ("address", "user", "password", "token")}
    return server_at(given["address"], given["user"], given["password"] or "", given["token"])


def complete_chain(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, and the names of saved chains; no names where no server answers.

    Files come first: bash forgets what it was told before them.
    """
    return [CompletionItem(incomplete, type="file"), *complete_name(context, _parameter, incomplete)]


def complete_name(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of saved chains."""
    return _completions(context, incomplete, ("chains",), lambda chain: (chain["name"], chain.get("description", "")))


def complete_execution(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the newest executions."""
    return _completions(
        context, incomplete, ("executions",), lambda run: (run["id"], f"{run['chainName']} ({run['status']})")
    )


def complete_gate(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of executions that wait for a person; behind one of these, the steps that do."""
    found = _completions(
        context, "", ("approvals",), lambda gate: (f"{gate['executionId']} {gate['stepId']}", gate["chainName"])
    )
    execution = context.params.get("execution")
    pairs = [(*item.value.split(" ", 1), item.help) for item in found]
    if execution:
        return [CompletionItem(step, help=name) for run, step, name in pairs if run == execution]
    return [CompletionItem(run, help=f"{name}: {step}") for run, step, name in pairs if run.startswith(incomplete)]


def _completions(
    context: click.Context, incomplete: str, path: tuple[str, ...], shown: Callable[[Any], tuple[str, str]]
) -> list[CompletionItem]:
    try:
        found = [shown(each) for each in _asked(context).get(*path)]
    except (Refused, KeyError, TypeError):
        return []
    return [CompletionItem(name, help=about) for name, about in found if name.startswith(incomplete)]
