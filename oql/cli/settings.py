"""`oql settings`: all settings with the values in force."""

import sys

import click

from oql.cli.options import data_option, settings_in_force
from oql.cli.tables import show_table


@click.command("settings", short_help="List all settings with the values in force.")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def command(data: str | None, as_json: bool) -> None:
    """List every setting: its value, where that comes from, and what it is for. Secrets stay hidden.

    A setting is read from a flag of `oql serve`, else from the environment (OQL_ and its name in capitals), else from
    `oql.toml` in the data folder.
    """
    rows = settings_in_force(data).table()
    if as_json:
        from oql.cli.answers import json_text

        fields = ("name", "value", "origin", "help")
        click.echo(json_text([{field: getattr(row, field) for field in fields} for row in rows]))
        return
    heads = ("setting", "value", "from", "help")
    show_table(heads, [(row.name, row.value, row.origin, row.help) for row in rows], sys.stdout)
