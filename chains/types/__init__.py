"""What steps of each type do.

kind.py      what a type says of itself, for those who perform it
parts.py     parts of a step that are performed at once
One module for each type: agent.py, router.py, evaluator.py, gate.py, transform.py, loop.py, merge.py, browser.py,
subchain.py, debate.py, webhook.py, oql.py.
"""

from chains.types.agent import AGENT
from chains.types.browser import BROWSER
from chains.types.debate import DEBATE
from chains.types.entry import ENTRY
from chains.types.evaluator import EVALUATOR
from chains.types.gate import GATE
from chains.types.kind import StepType
from chains.types.loop import LOOP
from chains.types.merge import MERGE
from chains.types.oql import OQL
from chains.types.router import ROUTER
from chains.types.subchain import SUBCHAIN
from chains.types.transform import TRANSFORM
from chains.types.webhook import WEBHOOK

TYPES: dict[str, StepType] = {
    "agent": AGENT,
    "router": ROUTER,
    "evaluator": EVALUATOR,
    "gate": GATE,
    "transform": TRANSFORM,
    "loop": LOOP,
    "merge": MERGE,
    "browser": BROWSER,
    "subchain": SUBCHAIN,
    "debate": DEBATE,
    "webhook": WEBHOOK,
    "oql": OQL,
    "entry": ENTRY,
}
"""Every type of step by its name; `entry` is that of what a pipeline consists of."""

__all__ = ["TYPES", "StepType"]
