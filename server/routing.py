"""How a route is declared, and how the declared ones reach Falcon. OpenAPI reads the same table."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import falcon.asgi
from pydantic import BaseModel

from server.origins import Origins
from server.request import Request, of_chains

Responder = Callable[..., Awaitable[None]]
"""Takes request, answer, and the named segments of the path by keyword."""
App = falcon.asgi.App[Request, falcon.asgi.Response]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the address or a header that a route reads."""

    name: str
    place: str
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `answers`: the models of a success, or its media type; `problems`: other statuses.

    The caller of paths under /v1 has to be known, and pages of whitelisted origins may use them. `scope`: what a
    bearer must be allowed, of routes that only bearers may use. `body_types`: in which media types the body comes.
    `successes`: its statuses other than problems; `pages`: those of its problems that may come as a page. A route that
    is not `listed` stands in no description.
    """

    method: str
    path: str
    responder: Responder
    summary: str
    answers: Sequence[type[BaseModel]] | str
    problems: Sequence[int] = ()
    body: type[BaseModel] | None = None
    parameters: Sequence[Parameter] = ()
    scope: str | None = None
    body_types: Sequence[str] = ("application/json",)
    successes: Sequence[int] = (200,)
    listed: bool = True
    pages: Sequence[int] = ()

    @property
    def account(self) -> bool:
        """Whether the caller has to be known."""
        return self.path.startswith("/v1/") and self.scope is None

    @property
    def chains(self) -> bool:
        """Whether it belongs to the API of chains: callers have credentials, and problems the shape of that."""
        return of_chains(self.path)


def mount(app: App, routes: Sequence[Route], origins: Origins) -> Mapping[str, str]:
    """Gives every route to Falcon, with HEAD where there is GET, and OPTIONS everywhere; the methods of each path."""
    allowed = {}
    for path, methods in by_path(routes).items():
        responders = {f"on_{method.lower()}": route.responder for method, route in methods.items()}
        if "GET" in methods:
            responders["on_head"] = methods["GET"].responder
        names = sorted([*(name[3:].upper() for name in responders), "OPTIONS"])
        allowed[path] = ", ".join(names)
        responders["on_options"] = _preflight(origins, allowed[path])
        app.add_route(path, SimpleNamespace(**responders))
    return allowed


def by_path(routes: Sequence[Route]) -> Mapping[str, Mapping[str, Route]]:
    """The routes of each path by their method, in declared order."""
    paths: dict[str, dict[str, Route]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = route
    return paths


def _preflight(origins: Origins, methods: str) -> Responder:
    async def options(req: Request, resp: falcon.asgi.Response, **_segments: str) -> None:
        origins.preflight(req, resp, methods)

    return options
