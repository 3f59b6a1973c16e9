"""`oql chain schema`: the JSON Schema of chains, for editors."""

import json

import click


@click.command("schema", short_help="Print the JSON Schema of chains, for editors.")
def command() -> None:
    """Print the JSON Schema of the text of a chain.

    \b
    oql chain schema > chain.schema.json

    An editor with a YAML language server then completes and checks a chain whose first line is

    \b
    # yaml-language-server: $schema=chain.schema.json
    """
    from chains.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
