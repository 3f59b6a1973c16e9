"""Searches, by the service that the operator has set: GET with `q`; it answers with results as JSON."""

from typing import Any
from urllib.parse import quote

from chains.tools.fetch import requested
from chains.tools.pace import Pace, Worker
from oql import json
from oql.errors import Code, failed
from oql.remote.answers import text_in

MOST_RESULTS = 100
_FIELDS = ("title", "url", "content")


def found(work: Worker, pace: Pace, query: str) -> str:
    """The results of a search, numbered, each as title, URL and content on lines; empty where there are none.

    Raises OqlError.
    """
    options = work.context.environment.chains
    if options.search is None or options.search_url is None:
        raise failed(Code.CHAIN_FAILED, "no search service is configured (search_url)")
    sign = "&" if "?" in options.search_url else "?"
    url = f"{options.search_url}{sign}q={quote(query, safe='', errors='replace')}"
    response = requested(work, pace, options.search, "GET", url, headers={"accept": "application/json"})
    if response.status >= 400:
        raise failed(Code.NET_UNREACHABLE, f"the search service answered with status {response.status}")
    try:
        given = json.loads(text_in(response))
    except json.JsonError as error:
        raise failed(Code.NET_UNREACHABLE, f"the search service did not answer with JSON: {error.message}") from None
    return "\n\n".join(f"{number}. {_lines(each)}" for number, each in enumerate(_results(given), 1))


def _results(given: Any) -> list[dict[str, Any]]:
    listed = given.get("results") if isinstance(given, dict) else given
    if not isinstance(listed, list):
        raise failed(Code.NET_UNREACHABLE, "the search service did not answer with a list of results")
    return [each for each in listed[:MOST_RESULTS] if isinstance(each, dict)]


def _lines(result: dict[str, Any]) -> str:
    texts = (result.get(name) for name in _FIELDS)
    return "\n".join(text.strip() for text in texts if isinstance(text, str) and text.strip())
