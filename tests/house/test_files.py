"""Files and functions stay short, are named for the one thing in them, and say what it is."""

import ast
from pathlib import PurePosixPath

from tests.house.project import Module, modules

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
NAMES_FOR_ANYTHING = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "manager", "base"})


def long_functions(module: Module) -> list[str]:
    """The functions of a module that are too long, decorators not counted."""
    return [
        f"{module.path}:{node.lineno} {node.name}: {length} lines"
        for node in module.nodes
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]


def names_for_anything(path: PurePosixPath) -> frozenset[str]:
    """The parts of a path that would fit any content."""
    return NAMES_FOR_ANYTHING.intersection(path.with_suffix("").parts)


def test_files_are_short() -> None:
    lengths = {str(module.path): module.text.count("\n") for module in modules()}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    assert [line for module in modules() for line in long_functions(module)] == []


def test_a_long_function_is_found() -> None:
    text = "class Engine:\n    def run(self):\n" + "        step()\n" * MAX_FUNCTION_LINES
    assert long_functions(Module(PurePosixPath("oql/x.py"), text)) == ["oql/x.py:2 run: 61 lines"]


def test_names_say_what_is_inside() -> None:
    assert [str(module.path) for module in modules() if names_for_anything(module.path)] == []


def test_a_name_for_anything_is_found() -> None:
    assert names_for_anything(PurePosixPath("oql/utils/text.py")) == {"utils"}
    assert names_for_anything(PurePosixPath("oql/base.py")) == {"base"}


def test_every_module_says_what_it_is() -> None:
    assert [str(module.path) for module in modules() if not ast.get_docstring(module.tree)] == []
