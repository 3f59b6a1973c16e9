"""Nothing is left for later, skipped or silenced: a silenced check gives its reason on the same line."""

import ast
import io
import re
import tokenize
from pathlib import PurePosixPath

from tests.house.project import Module, modules

# The brackets keep these patterns from finding this file.
LATER = re.compile(r"\b(T[O]DO|FIX[M]E|X[X]X)\b")
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:)")
SILENCER = re.compile(r"#\s*(noqa(:\s*[A-Z]+[0-9]+([,\s]+[A-Z]+[0-9]+)*)?|type:\s*ignore(\[[^\]]*\])?|pragma:[\w\s]*)")
REASON = re.compile(r"\w+\W+\w+")
UNRUN = frozenset({"pytest.skip", "pytest.importorskip", "pytest.xfail"})
UNRUN_MARKS = frozenset({"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"})
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in UNRUN | UNRUN_MARKS)


def comments(module: Module) -> list[tuple[int, str]]:
    """The comments of a module with their lines."""
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def without_reason(module: Module) -> list[str]:
    """The comments that silence a tool and do not say why in at least two words."""
    if not SILENCED.search(module.text):
        return []
    return [
        f"{module.path}:{line} {comment}"
        for line, comment in comments(module)
        if SILENCED.search(comment) and not REASON.search(SILENCER.sub("", comment))
    ]


def unrun(module: Module) -> list[str]:
    """The places that would keep a test from running or from failing."""
    return [
        f"{module.path}:{node.lineno} {name}"
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and node.attr in _LAST_NAMES
        and (name := ast.unparse(node)) in UNRUN | UNRUN_MARKS
    ]


def test_nothing_is_left_for_later() -> None:
    later = [
        f"{module.path}:{number}"
        for module in modules()
        for number, line in enumerate(module.text.splitlines(), 1)
        if LATER.search(line)
    ]
    assert later == []


def test_what_is_silenced_has_a_reason() -> None:
    assert [line for module in modules() for line in without_reason(module)] == []


def test_a_missing_reason_is_found() -> None:
    bare = "x = 1  # noqa: E501\ny = 2  # type: ignore[misc]\nz = '# noqa'\n"
    explained = "x = 1  # noqa: S603 -- the program is our own\ny = 2  # type: ignore[misc]  # re2 has no types\n"
    path = PurePosixPath("oql/x.py")
    assert without_reason(Module(path, bare)) == [
        "oql/x.py:1 # noqa: E501",
        "oql/x.py:2 # type: ignore[misc]",
    ]
    assert without_reason(Module(path, explained)) == []


def test_every_test_runs_and_may_fail() -> None:
    assert [line for module in modules() for line in unrun(module)] == []


def test_a_skipped_test_is_found() -> None:
    text = "import pytest\n\n@pytest.mark.skip\ndef test_a(): ...\n"
    assert unrun(Module(PurePosixPath("tests/test_a.py"), text)) == ["tests/test_a.py:3 pytest.mark.skip"]


def test_our_own_parts_are_not_mocked() -> None:
    mocked = [
        f"{module.path}:{found.line}"
        for module in modules()
        for found in module.imports
        if found.name.startswith("unittest.mock") or found.name.split(".")[0] == "mock"
    ]
    assert mocked == []
