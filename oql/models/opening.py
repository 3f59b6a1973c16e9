"""The models as the settings of a server want them."""

from urllib.parse import urlsplit

from oql.models.client import Models
from oql.models.endpoint import Endpoint, names_in
from oql.outbound import Outbound
from oql.settings import Settings

_PORTS = {"http": 80, "https": 443}


def open_models(settings: Settings) -> Models | None:
    """The models of the endpoint that the operator has set; None where there is none.

    Their guard allows that very host, which may be a private one: programs cannot ask it for anything else.
    """
    if settings.model_base_url is None:
        return None
    endpoint = Endpoint(
        settings.model_base_url,
        settings.model_protocol,
        settings.model_api_key or "",
        settings.model_default or "",
        settings.model_max_tokens,
        settings.model_timeout_s,
        names_in(settings.model_map or ""),
    )
    return Models(endpoint, Outbound([host_of(endpoint.base_url)]))


def host_of(url: str) -> str:
    """host:port of a URL, as lists of allowed hosts have it."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or _PORTS[parts.scheme]}"
