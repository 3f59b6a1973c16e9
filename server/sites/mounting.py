"""How sites reach the router: each by its host, and where that is allowed below a path of the server's own host."""

from types import SimpleNamespace

from server.paths import Router
from server.routing import App, Responder
from server.sites.visits import METHODS, PATHS, SiteVisits

BY_HOST = "(site)"
"""How logs and figures show the route of all requests to hosts of sites."""
BY_PATH = f"{PATHS}/{{site}}/{{path:path}}"


def mount_sites(app: App, router: Router, sites: SiteVisits, *, paths: bool) -> dict[str, str]:
    """Gives the routes of sites to Falcon; `paths`: those below `/s` too. Gives the methods of each."""
    router.add_host_route(BY_HOST, _all(sites.by_host))
    templates = [BY_HOST]
    if paths:
        app.add_route(f"{PATHS}/{{site}}", _all(sites.to_folder))
        app.add_route(BY_PATH, _all(sites.by_path))
        templates += [f"{PATHS}/{{site}}", BY_PATH]
    return dict.fromkeys(templates, ", ".join(METHODS))


def _all(responder: Responder) -> SimpleNamespace:
    return SimpleNamespace(**{f"on_{method.lower()}": responder for method in METHODS})
