"""Executions that may ask models, other machines and files: right here, or in a process that a test may kill.

Arguments of the process: the URL of the store, its folder, the address of the model service, that of the web server. It
runs what is due until nothing is.
"""

import subprocess
import sys
from pathlib import Path

from chains.running.forms import forms
from oql.chain_options import ChainOptions
from oql.context import Environment
from oql.contexts import Contexts
from oql.jobs.holding import Holding
from oql.jobs.runner import Runner
from oql.limits import DEFAULT
from oql.models import Endpoint, Models
from oql.outbound import Outbound
from substrate.files.opening import FileStore
from tests.chains.running.driving import Here


class Equipped(Here):
    """See `Here`. model_at, web_at: host:port of the model service, and of what may be asked beside it."""

    def __init__(self, folder: Path, url: str, model_at: str, web_at: str) -> None:
        endpoint = Endpoint(f"http://{model_at}/v1", default="small", pause_s=0.001)
        self.models = Models(endpoint, Outbound([model_at]))
        super().__init__(folder, url, models=self.models)
        self.outbound = Outbound([web_at])
        self.file_store = FileStore(folder, lambda: "http://localhost")
        self.files = self.file_store.of("t")
        options = ChainOptions(search_url=f"http://{web_at}/search", search=self.outbound, bash=True)
        contexts = Contexts(
            DEFAULT, self.store.namespace, self._report, self.file_store.of,
            Environment(self.outbound, models=self.models, chains=options),
        )  # fmt: skip
        self.runner = Runner(Holding(), contexts.make, self.now, forms=forms(self.slots, "resume"))

    def close(self) -> None:
        """Lets go of everything."""
        for each in (self.models, self.outbound, self.file_store, self.store):
            each.close()


def elsewhere(folder: Path, url: str, model_at: str, web_at: str) -> "subprocess.Popen[bytes]":
    """Such a worker as a process of its own."""
    command = [sys.executable, "-m", "tests.chains.asking.equipped", url, str(folder), model_at, web_at]
    return subprocess.Popen(command, cwd=Path(__file__).parents[3])


if __name__ == "__main__":
    Equipped(Path(sys.argv[2]), sys.argv[1], sys.argv[3], sys.argv[4]).drive()
