"""The pages show every figure that can be measured, with its target, and all show the same run."""

from pathlib import Path

import pytest

from bench import quoted, saved
from bench.figures import Absent, Figure, Result, Row, Sample, Unit, at_most, declared
from bench.pages import PAGE, README, RESULTS, marks, with_tables
from bench.quoted import Quote
from bench.quotes import QUOTES
from bench.report import markdown

PAGE_TEXT = PAGE.read_text(encoding="utf-8")
BEGIN, END = marks("figures")
PROSE, TABLES = PAGE_TEXT.split(BEGIN)
THREE, ONE = Sample((3.0,), Unit.SECONDS), Sample((1.0,), Unit.SECONDS)


def figure(name: str) -> Figure:
    return Figure(name, "a walk around the house", (at_most(2, Unit.SECONDS, "by day"),), lambda rounds: ())


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


def test_what_is_quoted_is_a_figure_and_stands_on_the_page_and_in_the_readme() -> None:
    assert {quote.figure for quote in QUOTES} <= set(declared())
    begin, end = marks("quoted")
    on_page, in_readme = (
        path.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0] for path in (PAGE, README)
    )
    assert [quote.words for quote in QUOTES if f"| {quote.words} |" not in on_page] == []
    assert [quote.words for quote in QUOTES if quote.short and f"| {quote.words} |" not in in_readme] == []


def test_tables_replace_those_that_were_there() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_tables(page, "figures", "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the marks"):
        with_tables(f"before {BEGIN} after", "figures", "new")


def test_a_result_as_a_table() -> None:
    rows = [Row("by day", THREE, "a run", ONE), Row("by day", THREE, "a ride", Absent()), Row("by night", ONE)]
    assert markdown([Result(figure("walk"), rows)], {"machine": "two legs"}) == (
        "### walk\n\nA walk around the house. Target: by day: at most 2 s.\n\n"
        "|  | ours | beside | theirs | ratio | spread of the ratio | target |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| by day | 3 s | a run | 1 s | 3 x | 3 x - 3 x | MISSED: at most 2 s |\n"
        "|  |  | a ride | NOT RUN: not installed |  |  |  |\n"
        "| by night | 1 s |  |  |  |  |  |\n\n"
        "### Machine\n\n- machine: two legs\n"
    )


def test_a_figure_that_failed_says_so() -> None:
    assert "NOT MEASURED: rain\n" in markdown([Result(figure("walk"), failure="rain")], {})


def test_growth_has_a_line_for_each_size() -> None:
    rows = [
        Row("walk", ONE, at="1 km"), Row("ride", ONE, "a run", ONE, at="1 km"),
        Row("walk", THREE, at="2 km"), Row("ride", ONE, "a run", Absent("rain"), at="2 km"),
    ]  # fmt: skip
    assert markdown([Result(figure("walk"), rows)], {}).splitlines()[4:9] == [
        "|  | walk | ride |",
        "| --- | --- | --- |",
        "| 1 km | 1 s | 1 s (1 x) |",
        "| 2 km | 3 s | 1 s (NOT RUN: rain) |",
        "| from the first to the last | 3 x | 1 x |",
    ]


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    walk, ride, gone = figure("walk"), figure("ride"), figure("gone")
    rows = [Row("by day", THREE, "a run", ONE), Row("by day", THREE, "a ride", Absent("rain")), Row("far", ONE, at="1")]
    kept = [Result(walk, rows, 1.5), Result(gone, [Row("by day", ONE)])]
    saved.write(tmp_path / "run.json", kept, {"machine": "two legs"})
    found = saved.read(tmp_path / "run.json", {"walk": walk, "ride": ride})
    assert found == ([kept[0], Result(ride, failure="not in this run")], {"machine": "two legs"})


def test_a_run_of_some_figures_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    path, walk, ride = tmp_path / "kept.json", figure("walk"), figure("ride")
    figures = {"walk": walk, "ride": ride}
    old, new = ([Result(each, [Row("by day", sample)]) for each in (walk, ride)] for sample in (ONE, THREE))
    saved.keep(path, old, {"machine": "two legs"}, figures)
    assert saved.read(path, figures) == (old, {"machine": "two legs"})
    saved.keep(path, [new[0], Result(ride, failure="rain")], {"machine": "four legs"}, figures)
    results, machine = saved.read(path, figures)
    assert results == [new[0], old[1]]
    assert machine == {"machine": "four legs", "put together": machine["put together"]}


def test_what_is_quoted_has_words_of_its_own() -> None:
    rows = [Row("by day", THREE, "a run", ONE), Row("by day", THREE, "a ride", THREE)]
    quotes = [
        Quote("a walk", "walk", "by day", short=True), Quote("with a ride", "walk", "by day", "a ride"),
        Quote("a swim", "swim", "by day"),
    ]  # fmt: skip
    assert quoted.table(quotes, [Result(figure("walk"), rows)]).splitlines()[2:] == [
        "| a walk | 3 s | a run | 1 s | 3 x | MISSED: at most 2 s |",
        "| with a ride | 3 s | a ride | 3 s | 1 x |  |",
        "| a swim | NOT MEASURED |  |  |  |  |",
    ]
    assert quoted.short_table(quotes, [Result(figure("walk"), rows)]).splitlines()[2:] == [
        "| a walk | 3 s | a run | 1 s |"
    ]
