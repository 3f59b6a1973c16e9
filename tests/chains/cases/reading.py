"""Cases of running chains, as pages of YAML: what is given, what models and people answer, and what comes of it.

See README.md for the keys of a case.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oql.formats.yaml import read

HERE = Path(__file__).parent
KEYS = frozenset(
    {
        *("case", "steps", "output", "declared", "inputs", "chains", "models", "web", "later", "decide"),
        *("told", "begun", "ended", "outputs", "variables", "tokens", "asked", "called"),
        *("result", "error", "code", "refused", "waits"),
    }
)


@dataclass(frozen=True)
class Case:
    """One case: the page that it stands on, its name, and its keys."""

    page: str
    name: str
    given: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.page}: {self.name}"

    @property
    def text(self) -> str:
        """The text of the chain; JSON is YAML too."""
        return text_of(self.given["steps"], self.given.get("output"), self.given.get("declared", []))


def text_of(steps: list[dict[str, Any]], output: str | None = None, inputs: Any = ()) -> str:
    """A chain of these steps: ids, output_vars that are the ids, and its output, the last one, are added."""
    named = [{"id": f"s{number}", **step} for number, step in enumerate(steps, 1)]
    whole = [{"output_var": step["id"], **step} for step in named]
    chain = {"name": "x", "inputs": list(inputs), "steps": whole, "output": output or whole[-1]["output_var"]}
    return json.dumps(chain, ensure_ascii=False)


def cases() -> Iterator[Case]:
    """All cases of all pages."""
    for path in sorted(HERE.glob("*.yaml")):
        page = read(path.read_text(encoding="utf-8"), lambda size: None)
        for given in page:
            strange = set(given) - KEYS
            assert not strange, f"{path.name}: {given['case']}: {strange}"
            yield Case(path.stem, given["case"], given)
