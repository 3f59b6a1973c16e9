"""Verbs that ask language models.

This build only declares them, so that programs that use them parse and check.
"""

from typing import Literal

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Text

family = Family(
    "models",
    "Models",
    failure=Code.CHAIN_FAILED,
    exec_class="Net",
    options={"effect": "outside", "quick": False},
)


@family.verb("ASK", failure=Code.NET_UNREACHABLE, needs="a language model")
def ask(
    prompt: Text,
    *,
    using: Text | None = None,
    with_: Text | None = None,
    attach: Any = None,
    format_: Literal["json"] | None = None,
) -> Value:
    """Asks a language model: USING its name, WITH the system's part, ATTACH what the prompt is about."""


@family.verb("CHAIN RUN", needs="chains")
def chain_run(name: Text, *, with_: Any = None) -> Value:
    """Runs a chain WITH an object of inputs and gives its output."""
