"""Program texts that commands are given: a file, `-` for standard input, folders of `*.oql`."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from oql.cli.refusal import Refused
from oql.errors import nearest
from oql.source import Source

STDIN = "-"
YAML = (".yaml", ".yml")
"""How the names of files end that hold chains, not programs."""


def read_program(path: str) -> Source:
    """The program in a file. Refused when there is none to run: no file, a folder, not UTF-8, nothing in it."""
    source = read_text(path)
    if not source.text.strip():
        raise Refused(f"{source.name} is empty")
    return source


def read_text(path: str) -> Source:
    """The text of a file, line ends as they are; the mark that some editors put before UTF-8 is left out."""
    name = "<stdin>" if path == STDIN else path
    try:
        data = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except FileNotFoundError:
        raise Refused(f"{name}: no such file{_near(path)}") from None
    except IsADirectoryError:
        raise Refused(f"{name} is a folder, not a program") from None
    except (OSError, ValueError) as error:
        raise Refused(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None
    try:
        return Source(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        place = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise Refused(f"{name} is not UTF-8: {place}; save it as UTF-8") from None


def each_read(paths: Iterable[str], read: Callable[[str], Source]) -> tuple[list[Source], int]:
    """What can be read, and the exit code for what cannot: 0 where that is nothing. Refused when it is all."""
    sources, refusals = list[Source](), list[Refused]()
    for path in paths:
        try:
            sources.append(read(path))
        except Refused as refused:
            refusals.append(refused)
    if not sources:
        raise Refused(*(problem for refusal in refusals for problem in refusal.problems))
    for refusal in refusals:
        refusal.show()
    return sources, Refused.exit_code if refusals else 0


def _near(path: str) -> str:
    """A guess which file of the same folder was meant."""
    folder, ending = Path(path).parent, Path(path).suffix
    try:
        files = [each.name for each in folder.iterdir() if each.suffix == ending]
    except OSError:  # no such folder, or none that may be read
        return ""
    guess = nearest(Path(path).name, files)
    return f"; did you mean `{folder / guess}`?" if guess else ""


def expanded(paths: tuple[str, ...]) -> Iterator[str]:
    """The paths, each folder as the `*.oql` files below it. Refused when a folder has none."""
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            found = sorted(str(file) for file in Path(path).rglob("*.oql") if file.is_file())
            if not found:
                raise Refused(f"{path} has no *.oql files")
            yield from found
        else:
            yield path
