"""What tests of several commands share."""

from collections.abc import Iterator

import pytest

from tests.cli.chain_server import ASKS, FAILS, HELLO, ChainServer, chain_server
from tests.models.services import openai


@pytest.fixture(scope="session")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainServer]:
    """A server with the chains `hello`, `asks` and `fails`, and a service of models."""
    with chain_server(tmp_path_factory.mktemp("chains")) as started:
        for name, text in (("hello", HELLO), ("asks", ASKS), ("fails", FAILS)):
            started.save(name, text)
        yield started


@pytest.fixture
def there(chains: ChainServer) -> ChainServer:
    """The same; its models say `one` unless told otherwise."""
    chains.service.says = [openai("one")]
    return chains
