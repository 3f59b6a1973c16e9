"""What runs in this process have around them: the way to other machines, services for places, sites."""

from functools import cache
from typing import TYPE_CHECKING

from oql.cli.files import sites_for
from oql.cli.options import settings_in_force
from oql.context import Environment
from oql.places.services import NOWHERE, Services
from oql.program import Program

if TYPE_CHECKING:
    from oql.outbound import Outbound


def environment_for(program: Program) -> Environment:
    """With what the operator allows and has set, as on a server, where the program needs it: settings take time."""
    outbound, places = _ways() if program.calls_out else (None, NOWHERE)
    return Environment(outbound, sites=sites_for(program), places=places)


@cache
def _ways() -> "tuple[Outbound, Services]":
    from oql.outbound.opening import open_outbound

    settings = settings_in_force()
    return open_outbound(settings), Services.of(settings)
