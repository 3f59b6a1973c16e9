"""The way to other machines of runs in this process: with what the operator allows and has set, as on a server."""

from functools import cache
from typing import TYPE_CHECKING

from oql.cli.options import settings_in_force
from oql.context import Context
from oql.places.services import Services
from oql.program import Program

if TYPE_CHECKING:
    from oql.outbound import Outbound


def open_ways(context: Context, program: Program) -> None:
    """Gives a run its way out and its services for places, where it needs any: reading settings takes time."""
    if program.calls_out:
        context.outbound, context.places = _ways()


@cache
def _ways() -> "tuple[Outbound, Services]":
    from oql.outbound.opening import open_outbound

    settings = settings_in_force()
    return open_outbound(settings), Services.of(settings)
