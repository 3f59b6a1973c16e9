"""What a page consists of, read by a parser of HTML: its elements in order, and the text inside each."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"input", "meta", "br", "link"})


@dataclass
class Element:
    """An element with its attributes, the text in it, and the elements it stands in."""

    tag: str
    attributes: dict[str, str | None]
    inside: tuple["Element", ...]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, blanks made one."""
        return " ".join("".join(self.pieces).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice: {attrs}"
        element = Element(tag, dict(attrs), tuple(self.open))
        self.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.pieces.append(data)


def elements(page: str) -> list[Element]:
    """The elements of a page; an AssertionError when one is not closed."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader.elements


def named(page: str, tag: str) -> list[Element]:
    """The elements with a tag."""
    return [element for element in elements(page) if element.tag == tag]


def by_id(page: str) -> dict[str, Element]:
    """The elements that have an id; an AssertionError when two have the same."""
    found: dict[str, Element] = {}
    for element in elements(page):
        own = element.attributes.get("id")
        if own is not None:
            assert own not in found, f"{own} stands twice"
            found[own] = element
    return found
