"""The client's address behind proxies that are trusted to say it."""

from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.app import Application


class BehindProxies(ProxyHeadersMiddleware):
    """The application, to which requests from these proxies seem to come from the client that `X-Forwarded-For` names.

    That is the last address in it which is no trusted proxy: what a client writes there itself comes before it.
    """

    def __init__(self, app: Application, trusted: str) -> None:
        """`trusted`: addresses and networks, with commas between them."""
        inside: Any = app  # uvicorn's types of an application are its own
        super().__init__(inside, [each.strip() for each in trusted.split(",")])
        self.cancel_runs = app.cancel_runs
        self.end_streams = app.end_streams
