"""`oql verbs`: the verbs of the language."""

import shutil
import textwrap
from typing import Any

import click
from click.shell_completion import CompletionItem

from oql.cli.refusal import Refused


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from oql.reference import summary
    from oql.verbs import table

    wanted = incomplete.upper()
    return [CompletionItem(n, help=summary(verb)) for n, verb in table().items() if n.startswith(wanted)]


@click.command("verbs", short_help="List the verbs, or explain one.")
@click.argument("name", nargs=-1, shell_complete=_complete)
@click.option("--markdown", is_flag=True, help="Print the reference page of all verbs.")
def command(name: tuple[str, ...], markdown: bool) -> None:
    """List the verbs by family, or explain the one called NAME, such as PARSE JSON."""
    from oql import reference

    if markdown:
        click.echo(reference.markdown(), nl=False)
    elif name:
        click.echo(reference.help_text(find(" ".join(name))), nl=False)
    else:
        for title, members in reference.families().items():
            _family(title, [verb.name for verb in members])
        unserved = [verb.name for members in reference.unserved().values() for verb in members]
        _family("Known, but not served by this build", sorted(unserved))


def find(name: str) -> Any:
    """The verb of a name, in any case. Refused with the nearest one when there is none."""
    from oql.errors import nearest
    from oql.verbs import table

    wanted = " ".join(name.upper().split())
    verb = table().get(wanted)
    if verb is None:
        guess = nearest(wanted, table())
        raise Refused(f"`{wanted}` is not a verb" + (f"; did you mean `{guess}`?" if guess else ""))
    return verb


def _family(title: str, names: list[str]) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    click.echo(f"{title}:")
    listed = textwrap.wrap(", ".join(names).replace(" ", "\xa0").replace(",\xa0", ", "), width - 2)
    click.echo(textwrap.indent("\n".join(listed), "  ").replace("\xa0", " ") + "\n")
