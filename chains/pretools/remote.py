"""What other machines answer: of a URL, and of the service for searches."""

from chains.pre_tool_spec import HttpFetch, WebSearch
from chains.references import text_of
from chains.tools.fetch import fetched, key_within
from chains.tools.pace import Pace
from chains.tools.search import found
from chains.transforms import at_path, path_steps
from chains.work import Work
from oql import json
from oql.errors import Code, failed
from oql.remote.requests import READING


def http_fetch(tool: HttpFetch, work: Work, pace: Pace) -> str:
    """The text that a URL answers, or what stands at a path in its JSON."""
    method = work.resolve(tool.method).strip().upper() or "GET"
    headers = {name: work.resolve(value) for name, value in tool.headers.items()}
    body = None if tool.body is None else work.resolve(tool.body)
    if method not in READING and "idempotency-key" not in {name.lower() for name in headers}:
        headers["idempotency-key"] = key_within(f"{work.execution}:{work.key}")
    text = fetched(work, pace, work.resolve(tool.url).strip(), method=method, headers=headers, body=body)
    return _at(text, tool.json_path) if tool.json_path.strip() else text


def _at(text: str, path: str) -> str:
    try:
        value = at_path(json.loads(text), path_steps(path))
    except json.JsonError as error:
        raise failed(Code.CHAIN_FAILED, f"the answer is not JSON: {error.message}") from None
    except LookupError:
        raise failed(Code.CHAIN_FAILED, f'json_path "{path}" not found') from None
    return (
        value if isinstance(value, str) else json.indented(value) if isinstance(value, (dict, list)) else text_of(value)
    )


def web_search(tool: WebSearch, work: Work, pace: Pace) -> str:
    """The results of a search, numbered."""
    return found(work, pace, work.resolve(tool.query))
