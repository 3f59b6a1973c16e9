"""A Chromium of its own for one piece of work. It ends with the work, however that ends, and leaves nothing behind."""

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from oql.outbound import Outbound

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from oql.outbound.proxy import Proxy

MOST_BYTES = 200 * 2**20
"""Of everything that the pages of one browser bring in."""
_OPTIONS = (
    "--disable-quic",
    "--disable-dns-prefetch",
    "--disable-client-side-phishing-detection",
    "--disable-domain-reliability",
    "--no-pings",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--js-flags=--max-old-space-size=512",
)
"""No way around the proxy, and a bound for what scripts may fill."""
_VARIABLES = ("PATH", "LANG", "LC_ALL", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH")
"""What a browser gets of the environment: nothing that could be a secret."""
_START_S = 30.0


class BrowserError(Exception):
    """What a page could not be shown for; `timed_out`: for lack of time. The text is safe to show."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.timed_out = timed_out


class Chromium:
    """One browser at work. Only the thread that started it may use it; any may `end` it."""

    def __init__(self, context: "BrowserContext", proxy: "Proxy", profile: str) -> None:
        self._context = context
        self.proxy = proxy
        self.ended = False
        self._profile = profile

    @contextlib.contextmanager
    def page(self) -> Iterator["Page"]:
        """A new page, which is closed behind the block, and with it whatever still goes on in it."""
        page = self._context.new_page()
        page.on("popup", lambda popup: popup.close())
        try:
            yield page
        finally:
            with contextlib.suppress(_error()):
                page.close()

    def end(self) -> None:
        """Ends it at once, from any thread: whatever it is asked to do fails."""
        self.ended = True
        _end_processes(self._profile)


@contextlib.contextmanager
def chromium(
    path: str,
    outbound: Outbound,
    *,
    size: tuple[int, int],
    seconds: float,
    calling: Callable[[Callable[[], None]], AbstractContextManager[None]],
) -> Iterator[Chromium]:
    """A browser with a window of this size, for so many seconds; `calling` ends it from elsewhere.

    Raises BrowserError where it does not start.
    """
    with ExitStack() as stack:
        profile = tempfile.mkdtemp(prefix="oql-browser-")
        stack.callback(shutil.rmtree, profile, ignore_errors=True)
        stack.callback(_end_processes, profile)
        proxy = stack.enter_context(outbound.proxy(MOST_BYTES))
        started = _started(stack, path, profile, proxy, size, min(seconds, _START_S))
        timer = threading.Timer(seconds, started.end)
        timer.daemon = True
        timer.start()
        stack.callback(timer.cancel)
        stack.enter_context(calling(started.end))
        yield started


def _started(
    stack: ExitStack, path: str, profile: str, proxy: "Proxy", size: tuple[int, int], seconds: float
) -> Chromium:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise BrowserError("the package `playwright` is not installed; it comes with the extra `browser`") from None
    if not os.access(path, os.X_OK):
        raise BrowserError("there is no browser at the path that browser_path names")
    driver = stack.enter_context(sync_playwright())
    try:
        context = driver.chromium.launch_persistent_context(
            profile,
            executable_path=path,
            args=list(_OPTIONS),
            chromium_sandbox=os.geteuid() != 0,  # which cannot have one
            env=_environment(profile),
            proxy={"server": f"http://127.0.0.1:{proxy.port}", "username": proxy.user, "password": proxy.password},
            viewport={"width": size[0], "height": size[1]},
            accept_downloads=False,
            service_workers="block",
            timeout=seconds * 1_000,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
    except Error:
        raise BrowserError("the browser that browser_path names does not start") from None
    stack.callback(_close, context)
    return Chromium(context, proxy, profile)


def _close(context: "BrowserContext") -> None:
    with contextlib.suppress(_error()):
        context.close()


def _error() -> type[Exception]:
    """What the library raises, also where the browser has gone."""
    from playwright.sync_api import Error

    return Error


def _environment(profile: str) -> dict[str, str | float | bool]:
    found = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    return {**found, "HOME": profile, "XDG_CONFIG_HOME": profile, "XDG_CACHE_HOME": profile, "TMPDIR": profile}


def _end_processes(profile: str) -> None:
    """Ends every process that has the path of this profile in its command line, which only those of its browser do."""
    for number in processes(profile):
        with contextlib.suppress(OSError):
            os.kill(number, signal.SIGKILL)


def processes(profile: str) -> list[int]:
    """The ids of such processes, as far as this system tells."""
    found, mark = [], os.fsencode(profile)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found
