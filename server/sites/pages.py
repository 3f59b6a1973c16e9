"""The pages that stand where a site has none: nothing there, too many visitors, a program that failed."""

import html

from oql.errors import Code, OqlError
from oql.report import error_text
from oql.sites import Page
from oql.source import Source
from server.pages import document, page_headers
from server.problems import Problem, phrase

RETRY_S = 1
_HEADERS = (*page_headers().items(), ("Content-Type", "text/html; charset=utf-8"), ("X-Robots-Tag", "noindex"))


def notice(status: int, title: str, text: str, **headers: str) -> Page:
    """A page of ours; title and text are escaped here."""
    return _page(status, title, f"<p>{html.escape(text)}</p>", headers)


def refused(problem: Problem) -> Page:
    """The page of a refusal."""
    text = problem.message[:1].upper() + problem.message[1:]
    page = notice(problem.status, phrase(problem.status), f"{text}.")
    return Page(page.status, (*page.headers, *problem.headers.items()), page.body)


def failed(error: OqlError, source: Source | None, run: str, *, development: bool) -> Page:
    """The page where a program has failed: all of it to whoever develops, else the number of the run.

    A program that took too long is a 504, every other failure a 500.
    """
    late = error.final and error.code == Code.TIMEOUT
    status, headers = (504, {"Retry-After": f"{RETRY_S}"}) if late else (500, {})
    if development and source is not None:
        shown = html.escape(error_text(error, source))
        return _page(status, "The program has failed", f"<pre><code>{shown}</code></pre>", headers)
    title, text = ("This takes too long", "The page was not ready in time. Try again a little later.")
    if not late:
        title, text = ("Something went wrong", "The page could not be made. Try again, or tell who runs the site.")
    main = f"<p>{text}</p>\n<p>The number of the run is <code>{html.escape(run)}</code>.</p>"
    return _page(status, title, main, headers)


def see(url: str, status: int, why: str) -> Page:
    """Sends the visitor to another page."""
    return notice(status, why, f"It goes on at {url}.", Location=url)


def _page(status: int, title: str, main: str, headers: dict[str, str]) -> Page:
    body = document(title, f"<h1>{html.escape(title)}</h1>\n{main}").encode()
    return Page(status, (*_HEADERS, *headers.items()), body)


NO_SITE = notice(404, "Nothing here", "There is no site at this address.")
