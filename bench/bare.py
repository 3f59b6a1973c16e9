"""The limit for the server: a Falcon route that does nothing, alone under gunicorn or in the workers of ours.

gunicorn "bench.bare:app()"      alone
python -m bench.bare             our server with two more routes: /bare, an application of its own that the
                                 request reaches before ours sees it, and /inside, a route of ours
"""

import os
import sys
from typing import Any

import falcon.asgi

from oql.settings import Settings
from server import process
from server.app import Application
from server.process.folder import claim
from server.process.listening import listen, url_of

_ANSWER = (
    b'{"status":"ok","job_id":"00000000-0000-4000-8000-000000000000","result":"Hello","trace":[{"step":"EMIT",'
    b'"status":"Ok","duration_ms":0.004,"exec_class":"Cpu","line":1,"column":1,"path":"1","started_ms":0.011}]}'
)
"""What our server answers to EMIT "Hello": as many bytes have to be sent."""


class Bare:
    """Answers with what is there; a body that comes with the request is not looked at."""

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Any GET."""
        resp.data = _ANSWER

    async def on_post(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Any POST."""
        resp.data = _ANSWER


def app() -> Any:
    """The bare application."""
    made = falcon.asgi.App()
    for path in ("/bare", "/ready"):
        made.add_route(path, Bare())
    return made


class Beside:
    """Our application, with the bare one beside it."""

    def __init__(self, ours: Application) -> None:
        self._ours = ours
        self._bare = app()
        self.cancel_runs = ours.cancel_runs

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or the life of the worker."""
        chosen = self._bare if scope.get("path") == "/bare" else self._ours
        await chosen(scope, receive, send)


def main() -> int:
    """Our server as `oql serve` runs it, but for its application."""
    settings = Settings.load()
    os.umask(0o077)
    lock = claim(settings.data)
    listener = listen(settings.host, settings.port, loopback_only=True)
    process.prepare(settings)
    from server.process.former import Former
    from server.process.master import Web

    class WebBesideBare(Web):
        def load(self) -> Any:
            ours = super().load()
            ours.add_route("/inside", Bare())
            return Beside(ours)

    try:
        return WebBesideBare(settings, [listener], url_of(listener), lock, Former(None)).run_to_end()
    finally:
        os.close(lock)


if __name__ == "__main__":
    sys.exit(main())
