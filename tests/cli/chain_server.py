"""A server with a service of models, as the tests of `oql chain` and `oql mcp` share it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.http.running import Server, running
from tests.models.services import Service, serving

HELLO = """\
# Says something.
name: hello
description: says it
inputs:
  - {name: topic, description: what about}
steps:
  - {id: a, label: Say it, prompt: "Say {topic}", output_var: x}
  - id: b   # with a mark
    type: transform
    operation: template
    template_str: "{x}!"
    depends_on: [a]
    output_var: y
output: y
"""
ASKS = """\
name: asks
steps:
  - {id: a, prompt: "Say", output_var: x}
  - {id: g, type: gate, prompt: "Publish {x}?", gate_rejection_reason: true, depends_on: [a], output_var: y}
output: x
"""
FAILS = """\
name: fails
steps:
  - {id: a, prompt: "Say", output_var: x}
  - {id: b, prompt: "Say", depends_on: [a], output_var: y}
output: y
"""


@dataclass(frozen=True)
class ChainServer:
    """The server, and the service that its chains ask."""

    server: Server
    service: Service

    @property
    def url(self) -> str:
        return self.server.url

    def save(self, name: str, text: str, kind: str = "chains") -> None:
        """Saves a chain or pipeline."""
        sent = httpx.post(f"{self.url}/{kind}/{name}", content=text, headers={"Content-Type": "text/yaml"})
        assert sent.status_code == 200, sent.text


@contextmanager
def chain_server(folder: Path) -> Iterator[ChainServer]:
    """A development server, and a service of models."""
    with serving() as service:
        settings = {"model_base_url": f"{service.url}/v1", "model_default": "small", "workers": "1"}
        with running(folder / "data", job_workers="1", **settings) as server:
            yield ChainServer(server, service)
