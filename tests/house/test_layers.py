"""Imports go down: each room of the house imports only the rooms that its line in the table names."""

from pathlib import PurePosixPath

from tests.house.project import Module, shipped, within

MODELS = ("substrate.columns", "substrate.errors", "substrate.manifest", "substrate.names")
"""What a table is: types, declarations, names and refusals, pure data that keeps nothing and opens nothing."""

ROOMS: dict[str, frozenset[str]] = {
    "grammar": frozenset(),
    "substrate": frozenset({"grammar", "substrate.interface", *MODELS}),
    "substrate.interface": frozenset(),
    **{model: frozenset(MODELS) for model in MODELS},
    "oql": frozenset({"grammar", "substrate.interface", *MODELS}),
    "accounts": frozenset({"oql", "substrate", "substrate.interface", *MODELS}),
    "chains": frozenset({"oql", "substrate.interface", *MODELS}),
    "worker": frozenset({"accounts", "chains", "oql", "substrate", "substrate.interface", *MODELS}),
    "server": frozenset({"accounts", "chains", "oql", "substrate", "substrate.interface", *MODELS, "worker"}),
    "oql.cli": frozenset(
        {"accounts", "chains", "oql", "server", "substrate", "substrate.interface", *MODELS, "worker"}
    ),
}
"""Each room, and the rooms that it may import besides itself. A module is in the innermost room around it."""


def room_of(name: str) -> str | None:
    """The innermost room around a dotted name, or None for what is not ours."""
    return max((room for room in ROOMS if within(name, room)), key=len, default=None)


def upward(module: Module) -> list[str]:
    """The imports of a module that its room does not allow."""
    here = room_of(module.name)
    allowed = ROOMS[here] | {here} if here else frozenset(ROOMS)
    return [
        f"{module.path}:{found.line} imports {found.name}"
        for found in module.imports
        if room_of(found.name) not in {None, *allowed}
    ]


def test_every_package_is_in_a_room() -> None:
    assert [module.name for module in shipped() if room_of(module.name) is None] == []


def test_imports_go_down() -> None:
    assert [line for module in shipped() for line in upward(module)] == []


def test_an_import_upwards_is_found() -> None:
    store = Module(PurePosixPath("substrate/sqlite/rows.py"), "import apsw\nfrom oql import values\n")
    engine = Module(PurePosixPath("oql/engine.py"), "def run():\n    from oql.cli import main\n")
    assert upward(store) == ["substrate/sqlite/rows.py:2 imports oql.values"]
    assert upward(engine) == ["oql/engine.py:2 imports oql.cli.main"]


def test_an_import_downwards_is_allowed() -> None:
    command = Module(PurePosixPath("oql/cli/serve.py"), "from server.process import run\nimport oql.engine\n")
    engine = Module(PurePosixPath("oql/engine.py"), "from substrate.interface import Store\nimport json\n")
    assert upward(command) + upward(engine) == []
