"""What the tests of this room share: a web server, files, and steps with pre-tools."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oql.chain_options import ChainOptions
from oql.context import Environment
from oql.local import local_context
from oql.outbound import Outbound
from substrate.files.folder import NamespaceFiles
from substrate.files.opening import FileStore
from tests.chains.desk import Desk, at_desk
from tests.outbound.servers import Web, serving

Sit = Callable[..., Desk]


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers over http."""
    with serving(Web()) as server:
        yield server


@pytest.fixture
def files(tmp_path: Path) -> Iterator[NamespaceFiles]:
    """The files of a namespace."""
    made = FileStore(tmp_path / "data", lambda: "https://oql.example.com")
    yield made.of("user_ada")
    made.close()


@pytest.fixture
def sit(web: Web, files: NamespaceFiles) -> Iterator[Sit]:
    """A desk whose step has pre-tools, given as lines of YAML: `sit("- {type: ...}", chains={...}, ...)`."""
    outbound = Outbound([web.at])

    def made(tools: str, **options: Any) -> Desk:
        context = local_context("ada")
        chains = replace(ChainOptions(), **options.pop("chains", {}))
        context.environment, context.files = Environment(outbound, chains=chains), files
        lines = "\n".join(f"  {line}" for line in tools.splitlines())
        return at_desk(f"prompt: x\n{options.pop('step', '')}\npre_tools:\n{lines}", context, **options)

    yield made
    outbound.close()
