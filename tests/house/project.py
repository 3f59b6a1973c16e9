"""The project as the house rules read it: the files that git tracks or would track, and what they hold."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

NOT_SHIPPED = frozenset({"tests", "bench", "examples", "docs"})
"""Top folders that may hold Python and are no package of the product."""


@dataclass(frozen=True)
class Import:
    """One imported name: `import a.b` gives `a.b`; `from a.b import c` gives `a.b.c`."""

    name: str
    line: int


@dataclass(frozen=True)
class Module:
    """A Python file: its place below the top folder, its text, and its syntax tree."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the syntax tree."""
        return tuple(ast.walk(self.tree))

    @property
    def name(self) -> str:
        """The dotted name; a package's `__init__` has the name of the package."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every absolute import, also inside functions and under TYPE_CHECKING."""
        return tuple(_imports(self.nodes))


def _imports(nodes: Iterable[ast.AST]) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@cache
def files() -> tuple[PurePosixPath, ...]:
    """Every file that is tracked, or that is new and not ignored, relative to the top folder."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    paths = sorted({PurePosixPath(name) for name in listed.split("\0") if name})
    return tuple(path for path in paths if (ROOT / path).is_file())


@cache
def places() -> frozenset[PurePosixPath]:
    """Every file and every folder of the project; what a link may lead to."""
    return frozenset(files()).union(*(path.parents for path in files()))


@cache
def text_of(path: PurePosixPath) -> str | None:
    """The text of a file, or None when it is not UTF-8 text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the project, tests included."""
    return tuple(Module(path, text_of(path) or "") for path in files() if path.suffix == ".py")


def shipped() -> tuple[Module, ...]:
    """The modules that are installed: everything in a package of the product."""
    return tuple(m for m in modules() if len(m.path.parts) > 1 and m.path.parts[0] not in NOT_SHIPPED)


def within(name: str, package: str) -> bool:
    """Whether a dotted name is a package or module, or stands inside it."""
    return name == package or name.startswith(f"{package}.")
