"""The limits of runs in this process: the defaults, unless a setting says otherwise."""

import os

import platformdirs

from oql.cli.refusal import Refused
from oql.limits import DEFAULT, Limits


def limits_in_force() -> Limits:
    """The limits from the environment and `oql.toml`. Reading settings is slow, so only where there are any."""
    data = os.path.expanduser(os.environ.get("OQL_DATA") or platformdirs.user_data_path("oql"))
    limited = any(name.startswith("OQL_LIMIT_") for name in os.environ)
    if not limited and not os.path.exists(os.path.join(data, "oql.toml")):
        return DEFAULT
    from oql.settings import Settings, SettingsError

    try:
        return Settings.load().limits()
    except SettingsError as error:
        raise Refused(*error.problems) from None
