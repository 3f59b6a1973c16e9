"""What is allowed but probably not meant: chains begun by accident, variables that nothing sets, unreadable texts."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from oql import ast, verbs
from oql.errors import OqlError, Span, nearest
from oql.parser import MAX_ERRORS
from oql.verbs.declare import Parameter, Verb
from oql.walk import Bindings, condition_operands, conditions_of, names_read, operands_of, steps


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something allowed that is probably not meant."""

    message: str
    span: Span
    hint: str | None = None


def warnings(tree: ast.Program, given: Iterable[str] = ()) -> list[Doubt]:
    """The doubts about a tree, in the order of their places. `given`: the variables that a run begins with."""
    blocks = (block.chains for step in steps(tree.chains) for block in ast.blocks_of(step))
    accidental = (doubt for chains in (tree.chains, *blocks) for doubt in _accidental_chains(chains))
    bound = _bound(tree.chains).union(given)
    found = [*itertools.islice(accidental, MAX_ERRORS), *itertools.islice(_never_set(tree, bound), MAX_ERRORS)]
    misread = {doubt.span.start for doubt in found}
    meant = (step for step in steps(tree.chains) if step.span.start not in misread)
    found += itertools.islice((doubt for step in meant for doubt in _doubtful_texts(step, bound)), MAX_ERRORS)
    return sorted(found, key=lambda warning: warning.span.start)


def _accidental_chains(chains: tuple[ast.Chain, ...]) -> Iterator[Doubt]:
    for before, after in itertools.pairwise(chains):
        last, first = before.groups[-1].steps[-1], after.groups[0].steps[0]
        if not isinstance(last, ast.VerbStep) or not isinstance(first, ast.VerbStep):
            continue
        clauses = [keyword for keyword in verbs.table()[last.verb].modifiers if keyword.split()[0] == first.verb]
        if clauses:
            message = f"`{first.verb}` begins a new chain here"
            yield Doubt(message, first.verb_span, f"did you mean `{clauses[0]}` of `{last.verb}`?")


_EMBEDDED = re.compile(r"(?:\$\{|\{\{)\s*\??([A-Za-z_]\w*)\s*\}|\?([A-Za-z_]\w*)")


def _doubtful_texts(step: ast.Step, bound: frozenset[str]) -> Iterator[Doubt]:
    """Texts that look as if variables in them were replaced, and columns in quotes."""
    if isinstance(step, ast.VerbStep) and step.verb in ("EMIT", "STRING"):
        for operand in step.operands:
            for part in operand.parts if isinstance(operand, ast.Concatenation) else (operand,):
                mark = _EMBEDDED.search(str(part.value)) if isinstance(part, ast.Literal) and _is_text(part) else None
                if mark and (mark[1] or mark[2] in bound):
                    message = f"`{mark[0]}` inside a text is not replaced by a value"
                    yield Doubt(message, part.span, f'texts are joined by &: "..." & ?{mark[1] or mark[2]}')
    for condition in _row_conditions(step):
        yield from _quoted_columns(condition)
    if isinstance(step, ast.VerbStep):
        yield from _unreadable_texts(step)


def _row_conditions(step: ast.Step) -> Iterator[ast.Condition | ast.Operand]:
    """The WHERE of a step, where it names columns."""
    if isinstance(step, ast.VerbStep):
        modifiers = verbs.table()[step.verb].modifiers
        yield from (each.value for each in step.modifiers if modifiers[each.keyword].kind.role == "condition")


def _unreadable_texts(step: ast.VerbStep) -> Iterator[Doubt]:
    """Constant texts that the verb will not be able to read."""
    verb = verbs.table()[step.verb]
    operands = ((verb.operand, "", operand) for operand in step.operands[:1])
    modifiers = ((verb.modifiers[each.keyword], each.keyword, each.value) for each in step.modifiers)
    for parameter, keyword, operand in itertools.chain(operands, modifiers):
        text = operand.value if isinstance(operand, ast.Literal) else None
        if parameter and isinstance(text, str):
            try:
                _reader(verb, parameter, keyword)(text)
            except OqlError as error:
                yield Doubt(f"`{step.verb}` cannot read this text: {error.message}", operand.span, error.hint)


def _reader(verb: Verb, parameter: Parameter, keyword: str) -> Callable[[str], object]:
    return verb.reads_text.get(keyword) or (lambda text: parameter.kind.fit(text, "", verb.failure))


def _quoted_columns(condition: ast.Condition | ast.Operand) -> Iterator[Doubt]:
    for part in conditions_of(condition):
        if isinstance(part, ast.Comparison) and _is_text(part.left) and not isinstance(part.right, ast.Word):
            message = "a text is compared here, not a column"
            yield Doubt(message, part.left.span, "columns are written without quotes")


def _is_text(operand: ast.Operand) -> bool:
    return isinstance(operand, ast.Literal) and isinstance(operand.value, str)


_COMPARED = 500


def _bound(chains: tuple[ast.Chain, ...]) -> frozenset[str]:
    bindings = Bindings(chains)
    return frozenset().union(*(bindings.of_group(group) for chain in chains for group in chain.groups))


def _bound_apart(tree: ast.Program) -> dict[int, frozenset[str]]:
    """For the steps of blocks that are kept as programs of their own, by identity: what is bound there."""
    found: dict[int, frozenset[str]] = {}
    for step in steps(tree.chains):
        if isinstance(step, ast.VerbStep) and verbs.table()[step.verb].keeps:
            for block in ast.blocks_of(step):
                found |= dict.fromkeys(map(id, steps(block.chains)), _bound(block.chains))
    return found


def _never_set(tree: ast.Program, everywhere: frozenset[str]) -> Iterator[Doubt]:
    if any(isinstance(step, ast.VerbStep) and step.verb in ("INCLUDE", "SIDELOAD") for step in steps(tree.chains)):
        return
    apart = _bound_apart(tree)
    for step in steps(tree.chains):
        bound = apart.get(id(step), everywhere)
        for name in sorted(names_read(step) - bound):
            guess = nearest(name, bound) if len(bound) <= _COMPARED else None
            hint = f"did you mean `?{guess}`?" if guess else None
            if name in _maybe_columns(step):
                other = f"`?{guess}`, or " if guess else ""
                hint = f"did you mean {other}the column `{name}`? columns are written without `?`"
            yield Doubt(f"`?{name}` is never set, so it is null", _first_mention(step, name), hint)


def _maybe_columns(step: ast.Step) -> set[str]:
    """The variables that a WHERE on rows compares where it names no column: columns may be meant."""
    compared = [
        (part.left, part.right if isinstance(part, ast.Comparison) else None)
        for condition in _row_conditions(step)
        for part in conditions_of(condition)
        if isinstance(part, ast.Comparison | ast.NullTest)
    ]
    sides = (side for pair in compared if not any(isinstance(one, ast.Word) for one in pair) for side in pair)
    return {side.name for side in sides if isinstance(side, ast.Variable) and not side.path}


def _first_mention(step: ast.Step, name: str) -> Span:
    for operand in operands_of(step):
        for part in condition_operands(operand):
            parts = part.parts if isinstance(part, ast.Concatenation) else (part,)
            for leaf in parts:
                if isinstance(leaf, ast.Variable) and leaf.name == name:
                    return leaf.span
    return step.span
