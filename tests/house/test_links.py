"""Every link of a page to a file of the project, or to a heading, leads somewhere."""

import posixpath
import re
from functools import cache
from itertools import pairwise
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.house.project import files, places, text_of

_MARKDOWN = MarkdownIt("commonmark").enable("table")


def links(text: str) -> list[str]:
    """The targets of all links and images of a page."""
    inline = [child for token in _MARKDOWN.parse(text) for child in token.children or ()]
    return [str(target) for token in inline if (target := token.attrGet("href") or token.attrGet("src"))]


@cache
def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    tokens = _MARKDOWN.parse(text)
    titles = [after for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {_anchor(title) for title in titles}


def _anchor(title: Token) -> str:
    words = "".join(child.content for child in title.children or ()).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def broken(page: PurePosixPath, text: str) -> list[str]:
    """The links of a page that lead nowhere inside the project; links to other places are not followed."""
    return [target for target in links(text) if not _leads_somewhere(page, text, target)]


def _leads_somewhere(page: PurePosixPath, text: str, target: str) -> bool:
    url = urlsplit(target)
    if url.scheme or url.netloc:
        return True
    if not url.path:
        return url.fragment in anchors(text)
    place = PurePosixPath(posixpath.normpath(page.parent / unquote(url.path)))
    if place not in places():
        return False
    return not url.fragment or place.suffix != ".md" or url.fragment in anchors(text_of(place) or "")


def test_links_lead_somewhere() -> None:
    pages = {page: text_of(page) or "" for page in files() if page.suffix == ".md"}
    found = {str(page): bad for page, text in pages.items() if (bad := broken(page, text))}
    assert found == {}


def test_a_broken_link_is_found() -> None:
    page = PurePosixPath("docs/page.md")
    good = "[a](../LICENSE) [b](#one-verb) [c](https://example.org/gone) [d](../tests)"
    text = f"# One `verb`\n{good} [e](gone.md) [f](#two)"
    assert broken(page, text) == ["gone.md", "#two"]
