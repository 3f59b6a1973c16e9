"""The application of one web process: every route, and the parts that answer them."""

from collections.abc import Callable, Sequence
from typing import Any

import falcon.asgi

from accounts.opening import open_accounts
from oql import json
from oql.settings import Settings
from server.answers import Answers
from server.bodies import Bodies
from server.chains.routes import chain_parts, chain_routes
from server.credentials import Callers
from server.envelopes import (
    Checked,
    Health,
    Query,
    Ready,
    TokenIssued,
    TokenRequest,
    TokenRevoked,
)
from server.files import SharedFiles
from server.jobs.routes import CALLER, RAN, WAIT, job_parts, job_routes
from server.landing import Landing
from server.logs import log_fault
from server.openapi import document
from server.operations import Operations
from server.origins import Origins
from server.paths import Router
from server.problems import handle_with_problems
from server.programs import Programs
from server.query import Jobs, Queries
from server.replicas import Replicas
from server.request import Request
from server.routing import Parameter, Route, mount
from server.sites.hosts import Hosts
from server.sites.mounting import mount_sites
from server.sites.visits import SiteVisits
from server.store.routes import parts, store_routes
from server.store.slots import Slots
from server.suggestions import Suggestions
from server.tokens import Tokens
from worker.links import Links
from worker.opening import open_hints, open_workshop

ID = Parameter("id", "query", "the token to revoke; without it the one in use")
FILE_HEADERS = (
    Parameter("Range", "header", "`bytes=0-99`: a part, of links that work often"),
    Parameter("If-Range", "header", "the ETag for which the range is meant"),
    Parameter("If-None-Match", "header", "the ETag that is there already"),
)
PROGRAM_THREADS = 64
"""Programs of one process that may run at once without being short; most of them only wait."""


def routes(
    query: Queries, tokens: Tokens, operations: Operations, landing: Landing, files: SharedFiles
) -> Sequence[Route]:
    """Every route of the server."""
    octets, missing, sent = "application/octet-stream", (404, 410, 416, 503), (200, 206, 304)
    json_type, page, figures = "application/json", "text/html", "text/plain"
    body, ended = (400, 408, 413, 415, *CALLER), (400, 404, *CALLER)
    return (
        Route("POST", "/v1/query", query.run, "Run or check a program", (*RAN, Checked), (*body, 409), Query, [WAIT],
              successes=(200, 202)),
        Route("POST", "/v1/token", tokens.issue, "Issue a token", [TokenIssued], body, TokenRequest),
        Route("DELETE", "/v1/token", tokens.revoke, "Revoke a token", [TokenRevoked], ended, None, [ID]),
        Route("GET", "/files/{token}", files.download, "Download a shared file", octets, missing, None, FILE_HEADERS,
              successes=sent),
        Route("GET", "/health", operations.health, "Is the server up?", [Health], [503]),
        Route("GET", "/ready", operations.ready, "Can the server answer queries?", [Ready], [503]),
        Route("GET", "/metrics", operations.metrics, "Figures for Prometheus", figures),
        Route("GET", "/openapi.json", operations.openapi, "This document", json_type),
        Route("GET", "/", landing.page, "A page for people", page),
    )  # fmt: skip


class Application(falcon.asgi.App[Request, falcon.asgi.Response]):
    """The ASGI application; `cancel_runs` calls off what still runs, `end_streams` what would go on for ever."""

    cancel_runs: Callable[[], None]
    end_streams: Callable[[], None]


def create_app(settings: Settings, base_url: str, *, when_ready: Callable[[], None]) -> Application:
    """The application of one process. `base_url` is how links to it begin; `when_ready` is called once."""
    accounts = open_accounts(settings)
    origins = Origins(accounts, settings.cors_origin if settings.dev else "")
    shop = open_workshop(settings, accounts, base_url, log_fault, open_hints(settings))
    store, limits, links = shop.store, settings.limits(), Links(settings.data, base_url)
    programs = Programs(shop.contexts, limits, PROGRAM_THREADS, shop.runner, shop.hints, links)
    jobs = Jobs(programs, shop.hints, links, shop.outbound)
    shared = SharedFiles(shop.files)
    sites = SiteVisits(
        accounts, programs, Bodies(settings.site_body_bytes), shop.files, links, limits,
        development=settings.dev, secure=base_url.startswith("https://"),
    )  # fmt: skip
    store_parts = parts(accounts, store, settings)
    callers = Callers(accounts, settings.password_threads)
    bodies = Bodies(settings.body_bytes)
    streams = Slots(settings.data / "store.streams")
    job = job_parts(accounts, callers, bodies, store, programs, links, shop.hints.mark, streams, settings)
    chains = chain_parts(accounts, callers, shop, streams, settings)
    operations = Operations(
        accounts, store, settings.redis_url, chains.running, lambda: json.dumps(document(table, base_url)),
        Replicas(store, settings.data),
    )  # fmt: skip
    table = (
        *routes(
            Queries(accounts, callers, programs, bodies, jobs, limits.wall_s),
            Tokens(accounts, callers, bodies),
            operations,
            Landing(base_url, development=settings.dev),
            shared,
        ),
        *job_routes(job),
        *chain_routes(chains),
        *store_routes(store_parts),
    )

    def close() -> None:
        for part in (programs, shared, sites, job, chains, store_parts, callers, shop, accounts):
            part.close()

    def end_streams() -> None:
        job.end_streams()
        chains.end_streams()
        store_parts.end_streams()
        programs.hand_over_jobs()

    def cancel_runs() -> None:
        programs.cancel_all()
        shared.stop_all()
        sites.stop_all()
        chains.stop_all()

    hosts = Hosts(settings.site_domain or ("localhost" if settings.dev else None), base_url)
    router: Any = Router(hosts.site)  # Falcon's types know its own router only
    app = Application(request_type=Request, middleware=[Answers(origins, when_ready, close)], router=router)
    app.cancel_runs, app.end_streams = cancel_runs, end_streams
    visits = mount_sites(app, router, sites, paths=settings.site_paths or settings.dev)
    near = Suggestions(route.path for route in table if route.listed).near
    handle_with_problems(app, {**mount(app, table, origins), **visits}, origins.preflight, near)
    return app
