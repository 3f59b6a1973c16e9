"""`python -m bench [NAME...]`: measures the figures that are named, or all of them and keeps what was found."""

import argparse
import sys
import time
import traceback
from pathlib import Path

from rich.console import Console

from bench import machine, pages, report, saved
from bench.figures import Figure, Result, declared
from bench.load import GENERATOR
from bench.rounds import absence

ROUNDS = 3


def main() -> int:
    """Runs from the command line; 1 when a figure could not be measured.

    A missed target is shown, and is no failure: the machine may be the reason.
    """
    asked = _arguments(list(declared()))
    console = Console(width=None if sys.stdout.isatty() else 160)
    if asked.list:
        report.show_list(console, declared().values())
        return 0
    if asked.pages:
        pages.write(*saved.read(pages.KEPT, declared()))
        return 0
    chosen = [figure for figure in declared().values() if not asked.name or figure.name in asked.name]
    results, described = _measure(console, chosen, asked.rounds)
    if asked.json:
        saved.write(asked.json, results, described)
    if asked.keep or not asked.name:
        saved.keep(pages.KEPT, results, described, declared())
        pages.write(*saved.read(pages.KEPT, declared()))
    return int(any(result.failure for result in results))


def _arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"figures to measure ({', '.join(names)}); without any, all of them")
    parser.add_argument("--list", action="store_true", help="show what can be measured, and the targets")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each comparison (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single measurement to a file")
    parser.add_argument("--keep", action="store_true", help="put what is found in the place of what the pages show")
    parser.add_argument("--pages", action="store_true", help="measure nothing: write the pages of what is kept again")
    asked = parser.parse_args()
    unknown = [name for name in asked.name if name not in names]
    if unknown:
        parser.error(f"unknown figure {unknown[0]!r} (known: {', '.join(names)})")
    return asked


def _measure(console: Console, chosen: list[Figure], rounds: int) -> tuple[list[Result], dict[str, str]]:
    described = machine.described() | {"load generator": GENERATOR, "rounds": str(rounds)}
    results = []
    begun = time.monotonic()
    for figure in chosen:
        results.append(_result(figure, rounds))
        report.show(console, results[-1])
    described["duration"] = f"{(time.monotonic() - begun) / 60:.0f} minutes"
    for name, value in described.items():
        console.print(f"{name}: {value}", highlight=False)
    return results, described


def _result(figure: Figure, rounds: int) -> Result:
    """What a figure gives; one that fails does not end the run."""
    watched = machine.Watched()
    begun = time.monotonic()
    try:
        result = Result(figure, list(figure.measure(rounds)))
    except Exception as failure:  # noqa: BLE001 - the other figures are worth having
        traceback.print_exc()
        result = Result(figure, failure=absence(failure).reason)
    result.seconds, result.measured = time.monotonic() - begun, watched.told()
    return result


if __name__ == "__main__":
    sys.exit(main())
