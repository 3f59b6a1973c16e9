"""Options that several commands take, and the settings they lead to."""

from typing import Any

import click

from oql.cli.refusal import Refused

data_option = click.option(
    "--data", type=click.Path(), metavar="DIR", help="The data folder; default: OQL_DATA, else the user's."
)


def settings_in_force(data: str | None = None, **flags: Any) -> Any:
    """The settings of a data folder. Refused when they are not valid."""
    from oql.settings import Settings, SettingsError

    try:
        return Settings.load(data, **flags)
    except SettingsError as error:
        raise Refused(*error.problems) from None
