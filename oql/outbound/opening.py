"""The guard as the settings of a server want it."""

from urllib.parse import urlsplit

from oql.outbound.client import Outbound
from oql.outbound.rules import hosts_in
from oql.settings import Settings


def open_outbound(settings: Settings) -> Outbound:
    """A guard with the operator's allow list, which does not lead back to this server by its public name."""
    own = urlsplit(settings.base_url or "").hostname
    return Outbound(hosts_in(settings.outbound_allow or ""), own=[own] if own else [])
