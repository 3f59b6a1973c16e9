"""`oql doctor`: looks at what OQL needs on this machine, and says what to do where something is wrong."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from oql.cli import examination, surroundings
from oql.cli.examination import Finding
from oql.cli.options import data_option
from oql.cli.terminal import colored

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}

Check = Callable[[Any], Finding]


@click.command("doctor", short_help="Look for what is wrong with this installation.")
@data_option
def command(data: str | None) -> None:
    """Look at Python, packages, settings, data folder, disk, limits, databases, Redis, port and grammar cache.

    Each line says ok, warn or fail, and what to do. Exits with 1 when something fails. Nothing is changed.
    """
    findings = list(_findings(data))
    for finding in findings:
        level = click.style(f"{finding.level:4}", fg=_COLORS[finding.level])
        click.echo(f"{level}  {finding.what}: {finding.found}", color=colored(sys.stdout))
        if finding.advice:
            click.echo(f"      {finding.advice}")
    sys.exit(any(finding.level == "fail" for finding in findings))


def _findings(data: str | None) -> Iterator[Finding]:
    yield examination.python()
    yield examination.packages()
    yield examination.grammar_cache()
    finding, settings = examination.settings(data)
    yield finding
    if settings is not None:
        checks: tuple[Check, ...] = (
            examination.folder,
            surroundings.layout,
            surroundings.secrets,
            surroundings.file_system,
            examination.space,
            surroundings.files,
            examination.database,
            surroundings.postgres,
            examination.redis,
            examination.port,
        )
        yield from (check(settings) for check in checks)
