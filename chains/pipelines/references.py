"""What references mean in the texts of a pipeline, where names may hold hyphens.

`{input.x}` is an input, empty where it was not given, `{input}` all of them as JSON; `{ref}` the result of an entry,
else the input of that name, else itself as it is written; `{ref.result}` the same, but empty where there is neither.
"""

from dataclasses import dataclass

from chains.conditions import Condition, condition
from chains.references import HYPHENED, Reference, Scope
from oql import json

_INPUT = "input."


@dataclass(frozen=True, slots=True)
class PipelineScope(Scope):
    """The inputs of a pipeline, under their names and behind `input.`, and the results of entries under their ids."""

    def value(self, reference: Reference) -> str:
        """What a reference stands for."""
        if reference.first == "input":
            found = self.variables.get(reference.name) if reference.second else self._inputs()
            return found or reference.fallback
        if reference.second == "result":
            found = self.variables.get(reference.first)
            return reference.fallback if found is None else found
        return Scope.value(self, reference)

    def _inputs(self) -> str:
        """All inputs as a JSON object of texts."""
        given = {name.removeprefix(_INPUT): text for name, text in self.variables.items() if name.startswith(_INPUT)}
        return json.dumps(given).decode()


def pipeline_condition(text: str) -> Condition:
    """A condition of a pipeline, read. Raises OqlError."""
    return condition(text, HYPHENED)
