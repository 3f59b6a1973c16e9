"""`python -m tests.fuzz [--minutes N] [NAME...]`: large random doses of whatever is compared or mutated, and a page.

Each target is a handful of tests, run in turn with many times their usual dose and a new seed, round after round until
the time is over. What fails stops nothing: it is told with its seed. Exit code: 0 where nothing was found.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "bench" / "fuzz.md"

DRAWN = ("-m", "hypothesis")
"""Leaves out the tests of a file that draw nothing."""

TARGETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "programs": (
        "mutated and generated programs: only errors of the language, in bounded time and memory",
        ("tests/fuzz/test_any_text.py", "tests/tables/test_declaration.py", "tests/verbs", *DRAWN),
    ),
    "the corpus": (
        "every case of the language, run again from its journal, and by SIDELOAD",
        ("tests/conformance/test_recorded.py", "tests/stored/test_sideloaded.py", "tests/hostile"),
    ),
    "engine": (
        "generated programs: the engine and the reference agree, whether branches wait or not",
        ("tests/fuzz/test_reference.py", "tests/fuzz/test_waiting.py", *DRAWN),
    ),
    "texts": (
        "programs there and back: layout, JSON, compiled twice",
        ("tests/fuzz/test_round_trips.py", "tests/cli/test_fmt.py", *DRAWN),
    ),
    "databases": (
        "values, names and statements of programs on databases; transactions whole or not at all",
        ("tests/fuzz/test_databases.py", "tests/tables/test_conditions.py", *DRAWN),
    ),
    "intents": ("SQL, plan, QUERY and the engine alone give the same rows", ("tests/fuzz/test_one_intent.py",)),
    "plans": (
        "plans, SQL and questions beside a plain evaluation, and what is refused",
        ("tests/substrate/plan", "tests/substrate/sql/test_any_text.py", "tests/substrate/ask", *DRAWN),
    ),
    "mirror": (
        "SQLite and PostgreSQL in lockstep",
        ("tests/substrate/mirror/test_sequences.py", "tests/substrate/mirror/test_statements.py"),
    ),
    "words": (
        "BM25 beside the formula, words beside their rules",
        ("tests/substrate/contract/test_fulltext_rules.py", "tests/substrate/fulltext", *DRAWN),
    ),
    "vectors": (
        "searches for vectors beside a comparison with each",
        ("tests/substrate/contract/test_vector_oracle.py", *DRAWN),
    ),
    "graphs": ("walks beside those of a textbook", ("tests/substrate/contract/test_graph.py", "-k", "random")),
    "formats": (
        "manifests, YAML, calendars, archives, forms: read as written, or refused",
        ("tests/substrate/test_manifest_text.py", "tests/substrate/test_columns.py", "tests/core/test_yaml_edits.py",
         "tests/calendars", "tests/files/test_archives.py", "tests/files/test_paths.py", "tests/people/test_answers.py",
         "tests/timers/test_schedules.py", "tests/http/test_forms.py", *DRAWN),
    ),
    "chains": (
        "mutated chains and conditions: only problems with their place",
        ("tests/fuzz/test_chain_texts.py", "tests/chains/test_conditions.py", *DRAWN),
    ),
    "requests": (
        "requests made of /openapi.json, bodies and headers: answered as described, never by 5xx",
        ("tests/http/test_openapi.py", "tests/store/test_openapi.py", "tests/executions/test_described.py",
         "tests/store/test_hostile.py", "-k", "describe or made_up or headers"),
    ),
}  # fmt: skip
"""Each target: what is tried, and the tests that do so, as pytest is told."""

_TRIED = re.compile(r"(\d+) passing, (\d+) failing")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)(?: - (.*))?", re.MULTILINE)


@dataclass
class Row:
    """What came of a target. `tried`: examples that hypothesis counted; `found`: failures, each with its seed."""

    name: str
    tried: int = 0
    seconds: float = 0.0
    found: list[str] = field(default_factory=list)


def main() -> int:
    """Runs from the command line."""
    asked = _arguments()
    rows = [Row(name) for name in asked.name or TARGETS]
    give_up, seed, seeds = time.monotonic() + 60 * asked.minutes, asked.seed, 0
    while time.monotonic() < give_up:
        for row in rows:
            if time.monotonic() < give_up:
                _run(row, asked.factor, seed, give_up)
        seed, seeds = seed + 1, seeds + 1
    if asked.write or not asked.name:
        PAGE.write_text(_page(rows, asked, seeds), encoding="utf-8")
    return 1 if any(row.found for row in rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *TARGETS], help="targets; without any, all")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default: %(default)s)")
    parser.add_argument("--factor", type=int, default=10, help="doses in a round (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the page of the targets that are named, too")
    return parser.parse_args()


def _run(row: Row, factor: int, seed: int, give_up: float) -> None:
    """One round of a target."""
    options = ["-q", "-n0", "-p", "tests.fuzz.dose", "--hypothesis-show-statistics", f"--hypothesis-seed={seed}"]
    command = [sys.executable, "-m", "pytest", *options, "--tb=short", *TARGETS[row.name][1]]
    began = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"OQL_FUZZ": str(factor)}, text=True, check=False,
                              capture_output=True, timeout=max(60.0, give_up - began + 60))  # fmt: skip
    except subprocess.TimeoutExpired:
        row.seconds += time.monotonic() - began
        return
    row.seconds += time.monotonic() - began
    row.tried += sum(int(passed) + int(failed) for passed, failed in _TRIED.findall(done.stdout))
    failures = [f"seed {seed}: {test}: {why}" for test, why in _FAILED.findall(done.stdout)]
    if done.returncode and not failures:
        failures = [f"seed {seed}: pytest ended with {done.returncode}"]
    row.found += failures
    sys.stdout.write(f"{row.name:<12} seed {seed}: {row.tried:,} in {row.seconds:.0f} s, {len(row.found)} found\n")
    if failures:
        sys.stdout.write(done.stdout + done.stderr)
    sys.stdout.flush()


def _page(rows: list[Row], asked: argparse.Namespace, seeds: int) -> str:
    told = machine.described()
    lines = [
        "# Fuzz", "",
        "Written by `make fuzz`: what is tried at random beside what is known to be right, how often, what was found.",
        "Examples are those that hypothesis counts; tests that draw by themselves add to them.", "",
        f"{asked.minutes:g} minutes; {asked.factor} times the usual doses in a round; seeds {asked.seed} to "
        f"{asked.seed + seeds - 1}; {told['date']}; {told['processor']}; {told['python']}.", "",
        "| what is tried | examples | seconds | found |", "| --- | --- | --- | --- |",
        *(f"| {TARGETS[row.name][0]} | {row.tried:,} | {row.seconds:.0f} | {len(row.found)} |" for row in rows),
    ]  # fmt: skip
    found = [f"- {row.name}: {each}" for row in rows for each in row.found[:10]]
    return "\n".join([*lines, *(["", "## Found", "", *found] if found else []), ""])


if __name__ == "__main__":
    sys.exit(main())
