"""What the pages say of the project's own files is true: they exist, and what is made from the code is up to date."""

import re

from oql import reference
from tests.docs.pages import ROOT, pages, text_of

MAX_ARCHITECTURE_LINES = 300
ROOMS = ("accounts", "bench", "chains", "docs", "examples", "grammar", "oql", "server", "substrate", "tests", "worker")
_CODE = re.compile(r"`([^`\n]+)`")
_PLACE = re.compile(rf"(?:{'|'.join(ROOMS)})/[\w./-]*")


def places(text: str) -> set[str]:
    """The files and folders of the project that a page names in its sentences and tables."""
    return {word for word in _CODE.findall(text) if _PLACE.fullmatch(word)}


def test_every_file_that_is_named_exists() -> None:
    named = {(page, place) for page in pages() for place in places(text_of(page))}
    assert [f"{page}: {place}" for page, place in sorted(named) if not (ROOT / place).exists()] == []
    assert len({place for page, place in named if page == "ARCHITECTURE.md"}) > 40


def test_a_file_that_is_gone_is_found() -> None:
    assert places("see `oql/gone.py` and `oql run x`, not `oql` or server/app.py") == {"oql/gone.py"}


def test_the_architecture_can_be_read_in_one_go() -> None:
    assert text_of("ARCHITECTURE.md").count("\n") < MAX_ARCHITECTURE_LINES


def test_the_reference_of_the_verbs_is_up_to_date() -> None:
    assert text_of("docs/verbs.md") == reference.markdown(), "run `oql verbs --markdown > docs/verbs.md`"


def test_the_index_names_every_page() -> None:
    index = text_of("docs/README.md")
    others = [path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"]
    assert [name for name in others if f"]({name})" not in index] == []
