"""What may not stand inside TRANSACTION: what waits, since no other writer comes in meanwhile, and a second one."""

from collections.abc import Iterator

from oql import ast, verbs
from oql.errors import Code, OqlError, not_allowed


def transaction_errors(step: ast.VerbStep) -> Iterator[OqlError]:
    """The static errors of what stands inside a TRANSACTION; those of one inside another are its own."""
    table = verbs.table()
    pending = [step.block] if isinstance(step.block, ast.Block) else []
    while pending:
        block = pending.pop()
        for inner in (inner for chain in block.chains for group in chain.groups for inner in group.steps):
            if not isinstance(inner, ast.VerbStep):
                pending.extend(ast.blocks_of(inner))
                continue
            verb = table[inner.verb]
            if verb.emits_into:
                pending.extend(ast.blocks_of(inner))
            if verb.transacts:
                hint = "leave it out: the steps of its block belong to the TRANSACTION around it"
                yield _inside(inner, hint)
            elif verb.exec_class in ("Net", "Wait"):
                yield _inside(inner, "do what waits before or behind it: no other program can write meanwhile")
            elif verb.runs_text:
                yield _inside(inner, "write its steps here: only steps that are known beforehand can stand inside")


def _inside(step: ast.VerbStep, hint: str) -> OqlError:
    return not_allowed(Code.PARSE_ERROR, f"`{step.verb}`", "inside TRANSACTION", step.verb_span, hint)
