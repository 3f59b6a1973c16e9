"""Opens pages in a browser, and says what they show."""

import contextlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chains.browser import scripts
from chains.browser.chromium import BrowserError, Chromium, chromium
from oql.outbound import Forbidden, Outbound
from oql.outbound.places import endpoint

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Page, Request

Format = Literal["text", "markdown", "json", "screenshot"]
Scroll = Literal["auto", "full", "none"]
MOST_CHARACTERS = 5_000_000
MOST_LINKS = 5_000
_LOAD_S = 60.0
_REST_S = 10.0
"""How long a page may go on loading parts once it is there."""
_SCREENS = {"auto": 10, "full": 100, "none": 0}
"""How many windows a page is scrolled at most, so that it loads what it shows only then."""
_BETWEEN_MS = 100
_TALLEST = 16_000
"""Pixels; Chromium draws nothing taller."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: its address after redirects, its title, its status, and its content.

    content: text or Markdown, {url, title, text, links} or the bytes of a PNG. blocked: what the guard refused.
    """

    url: str
    title: str
    status: int
    content: Any
    blocked: tuple[str, ...] = ()


class Visits:
    """Pages that are opened one after the other, in one browser that starts with the first.

    To be used within its block. size: of the window; left: how many seconds there are still; calling: ends it all from
    elsewhere.
    """

    def __init__(
        self,
        path: str,
        outbound: Outbound,
        *,
        size: tuple[int, int],
        left: Callable[[], float],
        calling: Callable[[Callable[[], None]], AbstractContextManager[None]],
    ) -> None:
        self._path, self._outbound, self._size = path, outbound, size
        self._left, self._calling = left, calling
        self._stack = ExitStack()
        self._browser: Chromium | None = None
        # the library keeps a loop of events in its thread, which others of that thread would trip over
        self._thread = ThreadPoolExecutor(1, "oql-browser")

    def __enter__(self) -> "Visits":
        return self

    def __exit__(self, *raised: object) -> None:
        self._thread.submit(self._stack.close).result()
        self._thread.shutdown()

    def open(self, url: str, format_: Format, *, wait_ms: int = 0, scroll: Scroll = "none") -> Shown:
        """What a page shows after `wait_ms`. Raises BrowserError."""
        try:
            address = self._outbound.check(url.strip(), plain=url.strip()[:5].lower() == "http:").url
        except Forbidden as error:
            raise BrowserError(error.message) from None
        return self._thread.submit(self._opened, address, format_, wait_ms, scroll).result()

    def _opened(self, url: str, format_: Format, wait_ms: int, scroll: Scroll) -> Shown:
        if self._browser is None:
            started = chromium(self._path, self._outbound, size=self._size, seconds=self._left(), calling=self._calling)
            self._browser = self._stack.enter_context(started)
        with _worded(self._browser, self._left), self._browser.page() as page:
            return _Visit(self._browser, page, self._left, wait_ms, scroll).open(url, format_)


@contextlib.contextmanager
def _worded(browser: Chromium, left: Callable[[], float]) -> Iterator[None]:
    """Words what the library raises."""
    from playwright.sync_api import Error, TimeoutError as TooLate

    began = left()
    try:
        yield
    except Error as error:
        if browser.ended or isinstance(error, TooLate):
            raise BrowserError(f"the page was not there within {max(began, 0):.3g} s", timed_out=True) from None
        raise BrowserError("the page broke off") from None


@dataclass(slots=True)
class _Visit:
    """One page. `left`: the seconds that there are still; `target`: where it leads, as far as redirects have said."""

    browser: Chromium
    page: "Page"
    left: Callable[[], float]
    wait_ms: int
    scroll: Scroll
    target: str = ""

    def open(self, url: str, format_: Format) -> Shown:
        asked: set[str] = set()
        self.target = url

        def note(request: "Request") -> None:
            asked.add(endpoint(request.url))
            if request.is_navigation_request() and request.frame == self.page.main_frame:
                self.target = request.url

        self.page.on("request", note)
        status = self._load(url)
        self._scrolled()
        content = self._content(format_)
        title = str(self.page.evaluate(scripts.TITLE))
        return Shown(self.page.url, title, status, content, self._blocked(asked))

    def _blocked(self, asked: set[str]) -> tuple[str, ...]:
        """Why some of these were not reached; what the browser asks for by itself is left out."""
        refusals = self.browser.proxy.refusals
        return tuple(dict.fromkeys(reason for at, reason in list(refusals.items()) if at in asked))

    def _reason(self, message: str) -> str:
        """Why a page cannot be loaded, where the library says this."""
        proxy = self.browser.proxy
        if proxy.exhausted:
            return "the pages bring in more than a browser may load"
        refusal = proxy.refusals.get(endpoint(self.target))
        if refusal:
            return refusal
        if "Download is starting" in message:
            return "the URL leads to a file and not to a page"
        found = re.search(r"net::ERR_([A-Z0-9_]+)", message)
        return f"the page cannot be shown: {found[1].lower().replace('_', ' ')}" if found else "the page broke off"

    def _load(self, url: str) -> int:
        from playwright.sync_api import Error, TimeoutError as TooLate

        page = self.page
        try:
            response = page.goto(url, wait_until="domcontentloaded", timeout=self._ms(_LOAD_S))
        except Error as error:
            if self.browser.ended or isinstance(error, TooLate):
                raise
            raise BrowserError(self._reason(error.message)) from None
        if response is not None and response.headers.get("proxy-status", "").startswith("oql;"):
            raise BrowserError(self._reason(""))
        with contextlib.suppress(TooLate):
            page.wait_for_load_state("load", timeout=self._ms(_REST_S))
        page.wait_for_timeout(min(self.wait_ms, self._ms(self.wait_ms / 1_000 + 1)))
        return response.status if response else 200

    def _ms(self, most_s: float) -> float:
        """Milliseconds of what is left, at most so many seconds; never 0, which would be for ever."""
        return max(1.0, min(most_s, self.left()) * 1_000)

    def _scrolled(self) -> None:
        """Scrolls down window by window until the page ends, and up again."""
        page, top = self.page, 0
        window = (page.viewport_size or {"height": 720})["height"]
        for _ in range(_SCREENS[self.scroll]):
            top += window
            if top >= _number(page.evaluate(scripts.HEIGHT)):
                break
            page.evaluate(scripts.SCROLL, top)
            page.wait_for_timeout(_BETWEEN_MS)
        if top > window:
            page.evaluate(scripts.SCROLL, 0)

    def _content(self, format_: Format) -> Any:
        page = self.page
        if format_ == "screenshot":
            return self._picture()
        if format_ == "markdown":
            return str(page.evaluate(scripts.MARKDOWN, MOST_CHARACTERS)).strip()
        text = str(page.evaluate(scripts.TEXT, MOST_CHARACTERS)).strip()
        if format_ == "text":
            return text
        title, links = str(page.evaluate(scripts.TITLE)), page.evaluate(scripts.LINKS, MOST_LINKS)
        return {"url": page.url, "title": title, "text": text, "links": links}

    def _picture(self) -> bytes:
        """What the window shows; the whole page where it is scrolled to its end."""
        page = self.page
        if self.scroll != "full":
            return page.screenshot(timeout=self._ms(_LOAD_S))
        size = page.viewport_size or {"width": 1_280, "height": 720}
        height = max(1, min(_number(page.evaluate(scripts.HEIGHT)), _TALLEST))
        clip: FloatRect = {"x": 0.0, "y": 0.0, "width": float(size["width"]), "height": float(height)}
        return page.screenshot(full_page=True, clip=clip, timeout=self._ms(_LOAD_S))


def _number(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) and 0 <= value < 1e9 else 0
