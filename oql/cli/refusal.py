"""What a command cannot do, in one line, with its exit code."""

from typing import IO, Any

import click


class Refused(click.ClickException):
    """Wrong usage: exit code 2. One line for each problem."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def show(self, file: IO[Any] | None = None) -> None:
        """Writes the problems to stderr."""
        for problem in self.problems:
            click.echo(f"error: {problem}", file=file, err=file is None)


class Failed(Refused):
    """Something that was asked for rightly and did not work: exit code 1."""

    exit_code = 1
