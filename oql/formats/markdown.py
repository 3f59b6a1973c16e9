"""Markdown (CommonMark with tables and strikethrough) to HTML that is safe: raw HTML shows as text."""

from functools import cache

from markdown_it import MarkdownIt

from oql.formats import Claim, FormatError

MAX_LENGTH = 2**18
_MARKS = "*_[`~<|\n"
_BYTES_PER_MARK = 900


def html(text: str, claim: Claim) -> str:
    """The HTML of a Markdown text. Links to scripts are left as text."""
    if len(text) > MAX_LENGTH:
        raise FormatError(f"markdown of more than {MAX_LENGTH:,} characters")
    claim(20 * len(text) + _BYTES_PER_MARK * sum(map(text.count, _MARKS)))
    return str(_renderer().render(text))


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
