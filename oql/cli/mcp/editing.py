"""Tools that write chains. A text that is not right is not saved: what is wrong with it is told."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chains import editing
from oql.cli.chain.server import ChainServer
from oql.cli.mcp.looking import Name
from oql.cli.refusal import Failed

Text = Annotated[str, Field(description="the whole YAML text of the chain: name, inputs, steps, output")]
StepId = Annotated[str, Field(description="the id of a step of the chain")]


class Editing:
    """See the names of the methods, which are those of the tools."""

    def __init__(self, server: ChainServer) -> None:
        self._server = server

    def create_chain(self, name: Annotated[str, Field(description="its name, which must be free")], yaml: Text) -> str:
        """Save a new chain. Refused where the name is taken, or the text is not right: then all problems are told."""
        if self._server.saved("chains", name) is not None:
            raise Failed(f'there is a chain "{name}" already: use update_chain, or another name')
        return self._saved(name, yaml, "created")

    def update_chain(self, name: Name, yaml: Text) -> str:
        """Replace the whole text of a saved chain. For one step, use update_step, which leaves the rest alone."""
        self._server.text("chains", name)
        return self._saved(name, yaml, "updated")

    def delete_chain(self, name: Name) -> str:
        """Delete a saved chain. Executions of it go on."""
        self._server.send("DELETE", "chains", name)
        return f'chain "{name}" deleted'

    def add_step(
        self,
        name: Name,
        step: Annotated[dict[str, Any], Field(description="its fields: id, type, prompt, output_var, depends_on, ...")],
        after: Annotated[str | None, Field(description="the step behind which it stands; the last if absent")] = None,
    ) -> str:
        """Add a step to a saved chain. The rest of the text, comments too, stays as it is."""
        return self._edited(name, lambda text: editing.add_step(text, step, after))

    def update_step(
        self,
        name: Name,
        step_id: StepId,
        changes: Annotated[dict[str, Any], Field(description="fields with their new values; null takes one away")],
    ) -> str:
        """Change fields of one step of a saved chain. The rest of the text stays as it is."""
        return self._edited(name, lambda text: editing.update_step(text, step_id, changes))

    def remove_step(self, name: Name, step_id: StepId) -> str:
        """Remove a step from a saved chain, and from the depends_on of other steps."""
        return self._edited(name, lambda text: editing.remove_step(text, step_id))

    def add_pre_tool(
        self,
        name: Name,
        step_id: StepId,
        pre_tool: Annotated[dict[str, Any], Field(description="its fields: type, inject_as, and those of the type")],
    ) -> str:
        """Add a pre-tool to a step: what is done before it, such as http_fetch, with the name its value gets."""
        return self._edited(name, lambda text: editing.add_pre_tool(text, step_id, pre_tool))

    def remove_pre_tool(
        self,
        name: Name,
        step_id: StepId,
        inject_as: Annotated[str, Field(description="the name that the value of the pre-tool gets")],
    ) -> str:
        """Remove a pre-tool from a step."""
        return self._edited(name, lambda text: editing.remove_pre_tool(text, step_id, inject_as))

    def _edited(self, name: str, change: Callable[[str], str]) -> str:
        return self._saved(name, change(self._server.text("chains", name)), "updated")

    def _saved(self, name: str, text: str, done: str) -> str:
        warnings = self._server.save("chains", name, text).get("warnings", [])
        return "\n".join([f'chain "{name}" {done}', *(f"warning: {warning}" for warning in warnings)])
