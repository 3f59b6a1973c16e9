"""The page that the soak writes: bench/soak.md."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import machine
from tests.soak.growth import growth
from tests.soak.load import Load
from tests.soak.samples import Figures

PAGE = Path(__file__).resolve().parents[2] / "bench" / "soak.md"
_GROUPS = {
    "Processes": ("RSS, MB", "PSS, MB", ": descriptors", ": threads"),
    "Data folder": ("bytes of ", "files of "),
    "Rows": ("rows of ",),
    "Delays": (": p50, ms", ": p99, ms"),
    "Answers": (": answers/s", "unexpected answers so far"),
}

_BOUNDS = (
    "What grows for longer than an hour, and until when: jobs with all that belongs to them, seven days; the log of",
    "changes and answers to idempotency keys, as docs/store.md says; links, beyond their end; audits of migrations,",
    "for ever; threads and connections, up to the most that were ever busy at once; the log of the server,",
    "until somebody rotates it. Delays count from when a request was due, so they tell of a busy machine too.",
    "At the beginning long programs fill the caches of compiled ones (32 MiB by estimate in each process), and",
    "processes keep little of indexes of words (4 MiB): memory that grows is not that of a cache that is not full.",
)


def page(series: Sequence[tuple[float, Figures]], load: Load, asked: argparse.Namespace) -> str:
    """The page as a text."""
    told = machine.described()
    lines = [
        "# Soak", "",
        "Written by `make soak`: mixed load of eight namespaces on one server, one sample a minute. First and last",
        "are the medians of the first and the last sixth of the run; the growth is the slope by least squares,",
        "without the first twelfth. A figure grows when its slope is more than three standard errors and 5 %",
        "of its mean in that time; it levels off when that is not so in the second half.", "",
        f"{asked.minutes:g} minutes, {asked.rate:g} requests/s, seed {asked.seed}; {told['date']};",
        f"{told['processor']}; {told['python']}; {len(load.faults)} unexpected answers.",
    ]  # fmt: skip
    lines += ["", *_BOUNDS]
    for heading, marks in _GROUPS.items():
        lines += ["", f"## {heading}", "", "| | first | last | growth an hour | |", "| --- | --- | --- | --- | --- |"]
        lines += _rows(series, marks)
    faults = [f"- {fault}" for fault in load.faults[:20]]
    return "\n".join([*lines, *(["", "## Unexpected", "", *faults] if faults else []), ""])


def _rows(series: Sequence[tuple[float, Figures]], marks: tuple[str, ...]) -> Iterator[str]:
    names = {name for _, figures in series for name in figures if any(mark in name for mark in marks)}
    for name in sorted(names):
        samples = [(hours, figures[name]) for hours, figures in series if name in figures]
        if len(samples) > len(series) / 2:
            found = growth(samples)
            yield f"| {name} | {found.first:,.4g} | {found.last:,.4g} | {found.per_hour:+,.3g} | {found.verdict} |"
