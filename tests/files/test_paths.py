"""Which texts are paths."""

import pytest
from hypothesis import given, strategies as st

from substrate.errors import Invalid
from substrate.files.paths import MAX_DEPTH, parse, shown_path


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/root", ()),
        ("/root/", ()),
        ("/root/.", ()),
        ("/root/a", ("a",)),
        ("/root//a/./b/", ("a", "b")),
        ("/root/...", ("...",)),
        ("/root/a b/é/日本/👍", ("a b", "é", "日本", "👍")),
        ("/root/\u202ecod.exe", ("\u202ecod.exe",)),
        ("/root/" + "x" * 255, ("x" * 255,)),
        ("/root/-rf *", ("-rf *",)),
        ("/root/~", ("~",)),
        ("/root/a\\..\\b", ("a\\..\\b",)),
        ("/root/%2e%2e", ("%2e%2e",)),
    ],
)
def test_a_path(path: str, names: tuple[str, ...]) -> None:
    assert parse(path) == names


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "a", "root/a", "/roota", "/root.a", "//root/a", "/./root/a", "/etc/passwd", "C:\\root", "~/root",
        "/ROOT/a",        "/root/..", "/root/../root/a", "/root/a/..", "/root/a/../b", "/root/.. /..",
        "/root/\0", "/root/a\0b", "/root/a\nb", "/root/\x7f", "/root/\x85", "/root/\ud800",
        "/root/" + "x" * 256, "/root/" + "é" * 128, "/root" + "/a" * (MAX_DEPTH + 1), "/root/" + "/" * 10**6,
    ],
)  # fmt: skip
def test_no_path(path: str) -> None:
    with pytest.raises(Invalid):
        parse(path)


def test_the_hint_shows_the_path_that_was_probably_meant() -> None:
    with pytest.raises(Invalid) as refused:
        parse("notes/a.txt")
    assert refused.value.detail["hint"] == "write `/root/notes/a.txt`"


@given(st.text(max_size=40) | st.lists(st.sampled_from(["/", "..", ".", "root", "a", "\0", " "])).map("".join))
def test_no_text_leads_out(rest: str) -> None:
    try:
        names = parse(f"/root/{rest}")
    except Invalid:
        return
    assert not {"", ".", ".."} & set(names)
    assert all("/" not in name and "\0" not in name for name in names)
    assert parse(shown_path(names)) == names
