"""`oql verbs`, and the page of all verbs that is made by it."""

from oql import reference, verbs
from tests.cli.calling import ROOT, oql

PAD = """\
PAD text TO whole-number [WITH text] [AS "left"|"right"|"both"]

Pads a text to a length, on the left unless AS says otherwise.
"""


def test_the_page_in_the_docs_is_current() -> None:
    called = oql("verbs", "--markdown")
    assert called.code == 0
    assert called.out == (ROOT / "docs/verbs.md").read_text(encoding="utf-8"), "write it: oql verbs --markdown"


def test_the_page_names_every_verb() -> None:
    page = reference.markdown()
    assert [name for name in verbs.table() if name not in page] == []


def test_every_verb_is_listed_once() -> None:
    called = oql("verbs")
    words = [" ".join(part.split()) for part in called.out.replace(":\n", ",").replace("\n\n", ",").split(",")]
    assert sorted(word for word in words if word in verbs.table()) == sorted(verbs.table())
    assert (called.code, called.err) == (0, "")


def test_one_verb_is_explained_with_its_examples() -> None:
    called = oql("verbs", "pad")
    assert called.out.startswith(PAD)
    assert '    PAD "7" TO 3 WITH "0"\n    (* gives "007" *)\n' in called.out
    assert oql("verbs", "parse", "json").out.startswith("PARSE JSON text\n")


def test_blocks_synonyms_and_what_is_missing_are_shown() -> None:
    shown = {name: reference.help_text(verbs.table()[name]) for name in ("NEW JSON OBJECT", "TRIM STRING", "SSH")}
    assert shown["NEW JSON OBJECT"].startswith("NEW JSON OBJECT [OPEN NEST SET key AS value AND ")
    assert "Also written TRIM." in shown["TRIM STRING"]
    assert "Not served by this build, which lacks machines that are connected" in shown["SSH"]


def test_an_unknown_verb_is_answered_with_the_nearest() -> None:
    called = oql("verbs", "uper")
    assert (called.code, called.out, called.err) == (2, "", "error: `UPER` is not a verb; did you mean `UPPER`?\n")
