"""How the text of a chain gets to a server."""

from pathlib import Path

import click

from oql.cli.chain.files import read_chain_text
from oql.cli.chain.problems import warn
from oql.cli.chain.server import ChainServer
from oql.cli.programs import STDIN, YAML
from oql.cli.refusal import Failed, Refused
from oql.source import Source


def is_file(name: str) -> bool:
    """Whether an argument means a file, and not the name of a saved chain."""
    return name == STDIN or "/" in name or name.endswith(YAML)


def save(server: ChainServer, path: str, name: str | None) -> tuple[str, str]:
    """Saves the chain or pipeline in a file, under the name that its text has, or another one.

    Which of the two it is, as paths of the API have it ("chains", "pipelines"), and the name. What the text is warned
    of goes to stderr.
    """
    from chains.library import is_name

    source = read_chain_text(path)
    kind, own = _about(source)
    wanted = name or own or Path(path).stem
    if not is_name(wanted):
        raise Refused(f"`{wanted}` is no name of a chain: letters, digits, `.`, `_` and `-`; give one with --name")
    there = server.saved(kind, wanted)
    if there == source.text:
        warn(source, ())
    else:
        warn(source, server.save(kind, wanted, source.text).get("warnings", ()))
        click.echo(f"{kind[:-1]} `{wanted}` {'saved' if there is None else 'replaced'}", err=True)
    return kind, wanted


def _about(source: Source) -> tuple[str, str]:
    """Whether a text is that of a chain or a pipeline, and the name in it. Failed where it is neither."""
    from chains.fields import Written
    from chains.library import kind_of
    from chains.yaml_mistakes import in_plain_words
    from oql.formats import FormatError
    from oql.formats.yaml import read_with_places

    try:
        value, _ = read_with_places(source.text, lambda _: None, Written)
    except FormatError as error:
        plain = in_plain_words(source.text, error)
        raise Failed(f"{source.name}:{plain.line}:{plain.column}: {plain.message}") from None
    if not isinstance(value, dict):
        raise Failed(f"{source.name}:1:1: expected an object with the keys name, steps and output")
    name = value.get("name")
    return f"{kind_of(value)}s", name if isinstance(name, str) else ""
