"""The pages show every figure that can be measured, with its target, and both show the same."""

import pytest

from bench.figures import Figure, Result, Row, Sample, Unit, at_most, declared
from bench.pages import BEGIN, END, PAGE, RESULTS, with_tables
from bench.report import NOT_RUN, markdown

PROSE, TABLES = PAGE.read_text(encoding="utf-8").split(BEGIN)


def test_the_page_explains_every_figure() -> None:
    lists = [line.partition("**")[2].partition(".**")[0] for line in PROSE.splitlines() if line.startswith("**")]
    assert sorted(name for names in lists for name in names.split(", ")) == sorted(declared())


def test_the_page_shows_every_figure_and_its_targets() -> None:
    shown = {name: _section(name) for name in declared()}
    assert {name for name, section in shown.items() if not section} == set()
    missing = [t for figure in declared().values() for t in figure.targets if str(t) not in shown[figure.name]]
    assert missing == []


def _section(name: str) -> str:
    return TABLES.partition(f"### {name}\n")[2].partition("###")[0]


def test_the_results_are_those_of_the_page() -> None:
    assert TABLES.partition(END)[0].strip() in RESULTS.read_text(encoding="utf-8")


def test_tables_replace_those_that_were_there() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_tables(page, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the marks"):
        with_tables(f"before {BEGIN} after", "new")


def test_a_result_as_a_table() -> None:
    three, one = Sample((3.0,), Unit.SECONDS), Sample((1.0,), Unit.SECONDS)
    figure = Figure("walk", "a walk around the house", (at_most(2, Unit.SECONDS, "by day"),), lambda rounds: ())
    rows = [Row("by day", three, "a run", one), Row("by day", three, "a ride")]
    assert markdown([Result(figure, rows)], {"machine": "two legs"}) == (
        "### walk\n\nA walk around the house. Target: by day: at most 2 s.\n\n"
        "|  | ours | beside | theirs | ratio | spread of the ratio | target |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| by day | 3 s | a run | 1 s | 3 x | 3 x - 3 x | MISSED: at most 2 s |\n"
        f"|  |  | a ride | {NOT_RUN} |  |  |  |\n\n"
        "### Machine\n\n- machine: two legs\n"
    )
