"""From the path of a request to its route: split on `/` as it was sent, then each segment decoded once.

So `a%2Fb` is one segment that holds a slash. A template names segments in braces; `{key:path}` at its end takes the
whole rest of the path. Where several templates fit, the one with more literal segments in front does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from falcon import Request
from falcon.routing.util import map_http_methods, set_default_responders

from server.problems import Problem

Found = tuple[object, Any, dict[str, str], str]
"""What Falcon wants of a route: the resource, its methods, the values of named segments, the template."""
REST = ":path"
_KEPT, _LONGEST_KEPT = 1_024, 128
"""Of how many paths the routes are kept, and how many characters these have at most."""


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    named: "tuple[str, _Node] | None" = None
    rest: "tuple[str, _Node] | None" = None
    end: tuple[object, Any, str] | None = None


class Router:
    """A router for Falcon. `site_of` gives the site whose host a request is for, None for the server's own address."""

    def __init__(self, site_of: Callable[[Any], str | None] = lambda _: None) -> None:
        self._root = _Node()
        self._fixed: dict[str, tuple[object, Any, str]] = {}
        self._site_of = site_of
        self._site: tuple[object, Any, str] | None = None
        self._kept = lru_cache(_KEPT)(lambda uri: self._route(uri[1:].split("/")))

    def add_route(self, uri_template: str, resource: object, **_: object) -> None:
        """Declares a path; `resource` has a responder `on_get` for the method GET, and so on."""
        node = self._root
        for segment in uri_template[1:].split("/"):
            node = _below(node, segment)
        node.end = (resource, _methods(resource), uri_template)
        if "{" not in uri_template:
            self._fixed[uri_template] = node.end

    def add_host_route(self, template: str, resource: object) -> None:
        """Declares what answers every request to a site's host: its responders get `site` and `path`."""
        self._site = (resource, _methods(resource), template)

    def find(self, uri: str, req: Request | None = None) -> Found | None:
        """The route of a request, or None. Raises Problem (400): a path that is not UTF-8, or holds U+0000."""
        if self._site is not None and (site := self._site_of(req)) is not None:
            resource, methods, template = self._site
            return resource, methods, {"site": site, "path": "/".join(_segments(uri, req))}, template
        if _is_quoted(req) or len(uri) > _LONGEST_KEPT:
            return self._route(_segments(uri, req))
        if found := self._fixed.get(uri):  # nothing else fits better
            resource, methods, template = found
            return resource, methods, {}, template
        if (kept := self._kept(uri)) is None:
            return None
        resource, methods, values, template = kept
        return resource, methods, values.copy(), template

    def _route(self, segments: list[str]) -> Found | None:
        values: dict[str, str] = {}
        node = _follow(self._root, segments, 0, values)
        if node is None or node.end is None:
            return None
        resource, methods, template = node.end
        return resource, methods, values, template


def _methods(resource: object) -> Any:
    methods = map_http_methods(resource)
    set_default_responders(methods, asgi=True)
    return methods


def _below(node: _Node, segment: str) -> _Node:
    """The node of one segment of a template, made where it is missing."""
    if not segment.startswith("{"):
        return node.literals.setdefault(segment, _Node())
    name = segment[1:-1]
    if name.endswith(REST):
        node.rest = node.rest or (name.removesuffix(REST), _Node())
        return node.rest[1]
    node.named = node.named or (name, _Node())
    if node.named[0] != name:
        raise ValueError(f"one place in a path cannot be called both {name} and {node.named[0]}")
    return node.named[1]


def _is_quoted(req: Request | None) -> bool:
    return req is not None and b"%" in (req.scope.get("raw_path") or b"")  # type: ignore[attr-defined]  # as ASGI has it


def _segments(uri: str, req: Request | None) -> list[str]:
    raw: bytes | None = req.scope.get("raw_path") if req is not None else None  # type: ignore[attr-defined]  # as ASGI has it
    if raw is None or b"%" not in raw:
        return uri[1:].split("/")
    try:
        segments = [unquote_to_bytes(part).decode() for part in raw[1:].split(b"/")]
    except UnicodeDecodeError:
        raise Problem(400, "the path is not UTF-8") from None
    if any("\0" in segment for segment in segments):
        raise Problem(400, "the path holds U+0000")
    return segments


def _follow(node: _Node, segments: list[str], index: int, values: dict[str, str]) -> _Node | None:
    """The node that the segments from `index` on lead to; the named ones are put into `values`."""
    if index == len(segments):
        return node if node.end else None
    segment = segments[index]
    if (literal := node.literals.get(segment)) and (found := _follow(literal, segments, index + 1, values)):
        return found
    if node.named and (found := _follow(node.named[1], segments, index + 1, values)):
        values[node.named[0]] = segment
        return found
    if node.rest:
        values[node.rest[0]] = "/".join(segments[index:])
        return node.rest[1]
    return None
