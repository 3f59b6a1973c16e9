"""Questions about a tree that need no recursion: its steps in order, the variables that a step sets and reads."""

from collections.abc import Iterator

from oql import ast, verbs
from oql.selectors import Name, Selector


def steps(chains: tuple[ast.Chain, ...]) -> Iterator[ast.Step]:
    """Every step in the order of the text; a step stands before those inside its blocks."""
    return _with_blocks([step for chain in chains for group in chain.groups for step in group.steps])


def _with_blocks(outer: list[ast.Step]) -> Iterator[ast.Step]:
    pending = outer[::-1]
    while pending:
        step = pending.pop()
        yield step
        chains = [chain for block in ast.blocks_of(step) for chain in block.chains]
        inside = [inner for chain in chains for group in chain.groups for inner in group.steps]
        pending.extend(reversed(inside))


def target_of(step: ast.Step) -> ast.Variable | None:
    """The variable that the step itself binds, by SET, as loop variable, or by the modifier it rebinds."""
    if isinstance(step, ast.Foreach):
        return step.variable
    if not isinstance(step, ast.VerbStep):
        return None
    if step.target:
        return step.target
    verb = verbs.table().get(step.verb)
    for modifier in step.modifiers:
        if verb and modifier.keyword == verb.rebinds and isinstance(modifier.value, ast.Variable):
            return modifier.value
    return None


class Bindings:
    """The names that each step of a tree binds, those in its blocks included; worked out once, from the leaves up."""

    def __init__(self, chains: tuple[ast.Chain, ...]) -> None:
        self._found: dict[int, frozenset[str]] = {}
        for step in reversed(list(steps(chains))):
            inside = [self.of_group(group) for block in ast.blocks_of(step) for c in block.chains for group in c.groups]
            self._found[id(step)] = frozenset(_bound_by(step)).union(*inside)

    def of_step(self, step: ast.Step) -> frozenset[str]:
        """The names that a step binds."""
        return self._found[id(step)]

    def of_group(self, group: ast.Group) -> frozenset[str]:
        """The names that the steps of a group bind."""
        return frozenset().union(*(self._found[id(step)] for step in group.steps))


def _bound_by(step: ast.Step) -> set[str]:
    target = target_of(step)
    found = {target.name} if target else set()
    block = step.block if isinstance(step, ast.VerbStep) else None
    if isinstance(block, ast.Fields):
        found |= {field.variable.name for field in block.fields}
    elif isinstance(block, ast.Entries):
        found |= {entry.target.name for entry in block.entries if entry.target}
    return found


def bindings_inside(chains: tuple[ast.Chain, ...]) -> int:
    """How many names all steps bind together, those in blocks counted for each block around them."""
    counts: dict[int, int] = {}
    for step in reversed(list(steps(chains))):
        groups = [group for block in ast.blocks_of(step) for chain in block.chains for group in chain.groups]
        counts[id(step)] = len(_bound_by(step)) + sum(counts[id(inner)] for group in groups for inner in group.steps)
    return sum(counts.values())


def skippable(chains: tuple[ast.Chain, ...], bindings: Bindings) -> set[str]:
    """Every variable that some run may mark: set in an OR group, or by a step that reads a marked one."""
    inside = list(steps(chains))
    everywhere = [
        *chains,
        *(chain for step in inside for block in ast.blocks_of(step) for chain in block.chains),
    ]
    waiting = [
        name
        for chain in everywhere
        for connector, group in zip(chain.connectors, chain.groups[1:], strict=True)
        if connector == "OR"
        for name in bindings.of_group(group)
    ]
    if not waiting:
        return set()
    seen: set[int] = set()
    readers: dict[str, list[ast.Step]] = {}
    for step in inside:
        for name in names_read(step):
            readers.setdefault(name, []).append(step)
    marked: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in marked:
            continue
        marked.add(name)
        for step in readers.pop(name, ()):
            if id(step) not in seen:
                seen.add(id(step))
                waiting.extend(bindings.of_step(step))
    return marked


def waiting(chains: tuple[ast.Chain, ...]) -> frozenset[int]:
    """The ids of the steps that may wait, or in whose blocks some step may."""
    found: set[int] = set()
    table = verbs.table()
    for step in reversed(list(steps(chains))):
        groups = (group for block in ast.blocks_of(step) for chain in block.chains for group in chain.groups)
        if (isinstance(step, ast.VerbStep) and table[step.verb].waits) or any(
            id(inner) in found for group in groups for inner in group.steps
        ):
            found.add(id(step))
    return frozenset(found)


def sharing(chains: tuple[ast.Chain, ...]) -> frozenset[int]:
    """The ids of the steps that run a text on the variables around it, or in whose blocks some step does."""
    found: set[int] = set()
    table = verbs.table()
    for step in reversed(list(steps(chains))):
        groups = (group for block in ast.blocks_of(step) for chain in block.chains for group in chain.groups)
        if (isinstance(step, ast.VerbStep) and table[step.verb].runs_text == "here") or any(
            id(inner) in found for group in groups for inner in group.steps
        ):
            found.add(id(step))
    return frozenset(found)


LOOP_NAMES = frozenset({"INDEX", "VALUE", "KEY", "STATE"})
_SCOPE_SHARING = frozenset({"INCLUDE", "SIDELOAD"})


def mentions_loops(chains: tuple[ast.Chain, ...]) -> bool:
    """Whether anything may ask for `!INDEX` and its kin; text that is included may."""
    for step in steps(chains):
        if isinstance(step, ast.VerbStep) and step.verb in _SCOPE_SHARING:
            return True
        for operand in operands_of(step):
            parts = operand.parts if isinstance(operand, ast.Concatenation) else (operand,)
            if any(isinstance(part, ast.System) and part.name in LOOP_NAMES for part in parts):
                return True
    return False


def names_read(step: ast.Step) -> set[str]:
    """The names of the variables that a step reads itself; those that its blocks read are not among them."""
    found: set[str] = set()
    for operand in operands_of(step):
        _collect(operand, found)
    target = target_of(step)
    if target and target.path and isinstance(step, ast.VerbStep):
        found.add(target.name)
        _collect_path(target.path, found)
    if isinstance(step, ast.VerbStep):
        found |= _mentioned(step)
    return found


def operands_of(step: ast.Step) -> Iterator[ast.Operand]:
    """Every operand that a step evaluates itself."""
    match step:
        case ast.VerbStep():
            yield from step.operands
            for modifier in step.modifiers:
                yield from condition_operands(modifier.value)
            yield from _block_operands(step.block)
        case ast.If():
            for condition, _ in step.arms:
                yield from condition_operands(condition)
        case ast.While():
            yield from condition_operands(step.condition)
        case ast.Switch():
            yield step.operand
            yield from (operand for operand, _ in step.cases)
        case ast.Foreach():
            yield step.operand
        case ast.Return(operand=operand) if operand:
            yield operand


def _block_operands(block: ast.AnyBlock | None) -> Iterator[ast.Operand]:
    match block:
        case ast.Items():
            yield from block.operands
        case ast.Pairs():
            yield from (operand for pair in block.pairs for operand in pair)
        case ast.Fields():
            for field in block.fields:
                yield from (field.label, *field.choices)
        case ast.Entries():
            yield from (entry.code for entry in block.entries)


def conditions_of(condition: ast.Condition | ast.Operand) -> Iterator[ast.Condition | ast.Operand]:
    """A condition with all that it is combined of; an operand yields itself."""
    waiting = [condition]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, ast.Combined):
            waiting.extend(reversed(found.parts))
        elif isinstance(found, ast.Negated):
            waiting.append(found.condition)


def condition_operands(condition: ast.Condition | ast.Operand) -> Iterator[ast.Operand]:
    """The operands that a condition compares; an operand yields itself."""
    for part in conditions_of(condition):
        match part:
            case ast.Comparison():
                yield part.left
                yield part.right
            case ast.NullTest():
                yield part.left
            case ast.Truth():
                yield part.operand
            case ast.Combined() | ast.Negated():
                pass
            case _:
                yield part


def _collect(operand: ast.Operand, found: set[str]) -> None:
    match operand:
        case ast.Variable():
            found.add(operand.name)
            _collect_path(operand.path, found)
        case ast.Concatenation():
            for part in operand.parts:
                _collect(part, found)


def _collect_path(path: tuple[Selector, ...], found: set[str]) -> None:
    for selector in path:
        if isinstance(selector, Name):
            found.add(selector.name)
            _collect_path(selector.path, found)


def _mentioned(step: ast.VerbStep) -> set[str]:
    verb = verbs.table().get(step.verb)
    if verb is None or verb.mentions is None:
        return set()
    texts = [operand.value for operand in step.operands if isinstance(operand, ast.Literal)]
    return {name for text in texts if isinstance(text, str) for name in verb.mentions(text)}
