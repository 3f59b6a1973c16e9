"""A web worker: uvicorn in a gunicorn worker process, with a title, a watch on its master, a gentle end."""

import asyncio
import logging
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any

from gunicorn.arbiter import Arbiter
from setproctitle import setproctitle
from uvicorn.config import Config
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from server.process.accepting import Connections, Count, Counts, Listener
from server.process.connection import Connection

CALL_OFF_SECONDS = 5
"""What the master allows on top of the grace time, for runs that are called off then to answer."""
LINGER_SECONDS = 0.3
"""How long an idle connection is still listened to after SIGTERM, for a request that is on its way."""

COUNTS = Counts()
LEFT_TO_THE_MASTER = (signal.SIGHUP, signal.SIGINT)


class WebWorker(UvicornWorker):  # type: ignore[misc] # the library has no types
    """Serves `self.wsgi`, which also has `cancel_runs()` and `end_streams()`."""

    SIGNALS = [sig for sig in UvicornWorker.SIGNALS if sig not in LEFT_TO_THE_MASTER]  # noqa: RUF012 - as below
    CONFIG_KWARGS = {  # noqa: RUF012 - the library's own way to be configured
        "loop": "uvloop",
        "http": Connection,
        "ws": "none",
        "lifespan": "on",
        "server_header": False,
        "proxy_headers": False,
        "timeout_notify": 1,
    }

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """In the master, before the fork."""
        super().__init__(*arguments, **named)
        self.count = COUNTS.take()
        # Requests that it cannot read are refused, counted and logged by Connection.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

    def init_process(self) -> None:
        """The first thing that runs in the new process."""
        setproctitle("oql: web")
        sys.setswitchinterval(0.0002)  # so long the loop waits for a thread that computes, twice in a request
        super().init_process()

    def init_signals(self) -> None:
        """Leaves a hang-up and Ctrl-C, which a terminal sends to every process, to the master, at every moment."""
        for left_alone in LEFT_TO_THE_MASTER:
            signal.signal(left_alone, signal.SIG_IGN)
        super().init_signals()

    async def callback_notify(self) -> None:
        """Runs every second: tells the master that this worker is alive, and ends when there is no master."""
        self.notify()
        if os.getppid() != self.ppid:
            os.kill(os.getpid(), signal.SIGTERM)

    async def _serve(self) -> None:
        self.config.app = self.wsgi
        server = GentleServer(self.config, self.cfg.graceful_timeout - CALL_OFF_SECONDS, self.count)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)


class GentleServer(Server):
    """Loses no answer on the way out: whoever is connected gets one more, and learns that it is the last."""

    def __init__(self, config: Config, grace_s: float, count: Count) -> None:
        super().__init__(config)
        self._grace_s = grace_s
        self._count = count
        self.server_state.connections = Connections(count)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, when the application is ready."""
        await super().startup(sockets=[])
        self.servers = [
            Listener(sock, self._count, self._connection, self.server_state.connections)  # type: ignore[misc] # in place of
            for sock in sockets or ()
        ]

    def _connection(self) -> asyncio.Protocol:
        return Connection(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leaves Ctrl-C, which a terminal sends to every process, to the master; it says how to end."""
        if sig != signal.SIGINT:
            super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops listening, lets requests on their way arrive, waits for answers, calls off what runs too long."""
        loop = asyncio.get_running_loop()
        loop.call_later(self._grace_s, self.config.loaded_app.cancel_runs)
        self.config.loaded_app.end_streams()
        for listener in [*self.servers, *(sockets or ())]:
            listener.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.drain()
        await asyncio.sleep(LINGER_SECONDS)
        await super().shutdown(sockets)
        # uvicorn ends the process by the signal that it got; for the master only this one is a normal end
        self._captured_signals[:] = [signal.SIGTERM]
