"""`python -m bench [NAME...]`: measures the figures that are named, or all of them and writes the pages."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from bench import machine, pages, report
from bench.figures import Figure, Result, declared
from bench.load import GENERATOR

ROUNDS = 5


def main() -> int:
    """Runs from the command line. A missed target is shown, and is no failure: the machine may be the reason."""
    asked = _arguments(list(declared()))
    console = Console(width=None if sys.stdout.isatty() else 160)
    if asked.list:
        report.show_list(console, declared().values())
        return 0
    chosen = [figure for figure in declared().values() if not asked.name or figure.name in asked.name]
    results, described = _measure(console, chosen, asked.rounds)
    if asked.json:
        asked.json.write_text(json.dumps(report.as_json(results, described), indent=1) + "\n", encoding="utf-8")
    if not asked.name:
        pages.write(report.markdown(results, described))
    return 0


def _arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"figures to measure ({', '.join(names)}); without any, all of them")
    parser.add_argument("--list", action="store_true", help="show what can be measured, and the targets")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each comparison (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single measurement to a file")
    asked = parser.parse_args()
    unknown = [name for name in asked.name if name not in names]
    if unknown:
        parser.error(f"unknown figure {unknown[0]!r} (known: {', '.join(names)})")
    return asked


def _measure(console: Console, chosen: list[Figure], rounds: int) -> tuple[list[Result], dict[str, str]]:
    described = machine.described() | {"load generator": GENERATOR, "rounds": str(rounds)}
    results, looks = [], []
    for figure in chosen:
        looks.append(machine.others())
        results.append(Result(figure, list(figure.measure(rounds))))
        report.show(console, results[-1])
    described["processors used by others"] = machine.use_by_others(looks)
    for name, value in described.items():
        console.print(f"{name}: {value}", highlight=False)
    return results, described


if __name__ == "__main__":
    sys.exit(main())
