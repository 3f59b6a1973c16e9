"""From tree to program: flat instructions with jumps, so that running a program never recurses.

    chain   A AFTER B OR C         A  B  or(after C)  C            a failure in A or B goes to C
    IF      begin  test(else)  then...  jump(end)  else...  end
    TRANSACTION transaction  steps...  commit
    loops   begin  loop(end) | next(end)  body...  jump(loop)  end
    A AND B group  A  branch_end  B  branch_end  join

Each instruction knows where a failure inside it goes (`on_error`) and how many open records (blocks, loops, groups)
stay open there (`keep`). Compiling walks the tree with a stack of its own: depth costs memory, never the host's stack.
"""

from collections.abc import Iterator
from typing import Any

from oql import ast, verbs, walk
from oql.encode import encode, encode_block, encode_condition, encode_modifier, encode_path
from oql.errors import Span
from oql.program import BODY, FAIL, Instruction
from oql.taint import Taint, taint_of

Task = Iterator[Any]

_LONGEST_PATH = 300
_PATH_KEPT = 200


def compile_tree(tree: ast.Program) -> tuple[tuple[Instruction, ...], frozenset[str], frozenset[str]]:
    """The instructions of a checked tree, the variables that may be marked as skipped, and those that are tainted."""
    bindings = walk.Bindings(tree.chains)
    compiler = _Compiler(bindings, walk.skippable(tree.chains, bindings), walk.mentions_loops(tree.chains))
    compiler.waiting = walk.waiting(tree.chains)
    compiler.taint = taint_of(tree.chains)
    compiler.sharing = walk.sharing(tree.chains) if compiler.taint.steps else frozenset()
    _run(compiler.program(tree))
    return tuple(compiler.finished()), frozenset(compiler.skippable), compiler.taint.names


def _run(task: Task) -> None:
    """Runs tasks that yield tasks to be run first."""
    stack = [task]
    while stack:
        inner = next(stack[-1], None)
        if inner is None:
            stack.pop()
        else:
            stack.append(inner)


class _Label:
    """A place in the code that is not known yet, and how many records are open there."""

    __slots__ = ("at", "keep")

    def __init__(self, keep: int = 0) -> None:
        self.at = FAIL
        self.keep = keep


class _Compiler:
    def __init__(self, bindings: walk.Bindings, skippable: set[str], mentions_loops: bool) -> None:
        self.mentions_loops = mentions_loops
        self.bindings = bindings
        self.skippable = skippable
        self.waiting: frozenset[int] = frozenset()
        self.sharing: frozenset[int] = frozenset()
        self.taint = Taint()
        self.code: list[tuple[str, Span, str, int | None, _Label, dict[str, Any]]] = []
        self.failure = _Label()
        self.outermost: tuple[_Label, int] | None = None
        self.enclosed = False
        self.transacting = False
        self.open = 0
        self.path = ""
        self.branch: int | None = None

    def finished(self) -> Iterator[Instruction]:
        for op, span, path, branch, failure, data in self.code:
            resolved = {key: _resolved(value) for key, value in data.items()}
            yield Instruction(op, span, path, branch, failure.at, failure.keep, resolved)

    def put(self, op: str, span: Span, **data: Any) -> None:
        self.code.append((op, span, self.path, self.branch, self.failure, data))

    def place(self, label: _Label) -> None:
        label.at = len(self.code)

    # chains and groups

    def program(self, tree: ast.Program) -> Task:
        yield self.chains(tree.chains, "")
        self.put("halt", Span(0, 0))

    def chains(self, chains: tuple[ast.Chain, ...], prefix: str) -> Task:
        number = 0
        if len(prefix) > _LONGEST_PATH:
            prefix = _shortened(prefix, len(self.code))
        for chain in chains:
            yield self.chain(chain, prefix, number)
            number += len(chain.groups)

    def chain(self, chain: ast.Chain, prefix: str, number: int) -> Task:
        outer = self.failure
        starts = [_Label(self.open) for _ in chain.groups]
        rescues: list[tuple[_Label, list[ast.Group], list[str], _Label]] = []
        alternatives = _alternatives(chain.connectors)
        for index, group in enumerate(chain.groups):
            self.path = f"{prefix}{number + index + 1}"
            alternative = alternatives[index]
            after = _Label()
            if index and chain.connectors[index - 1] == "OR":
                self.put(
                    "or",
                    group.span,
                    target=after,
                    marks=sorted(self.bindings.of_group(group)),
                    passed=_named(group),
                )
            self.place(starts[index])
            self.failure = outer
            if alternative is not None:
                self.failure = starts[alternative]
                if alternative > index + 1:
                    self.failure = _Label(self.open)
                    passed = list(chain.groups[index + 1 : alternative])
                    paths = [f"{prefix}{number + j + 1}" for j in range(index + 1, alternative)]
                    rescues.append((self.failure, passed, paths, starts[alternative]))
            yield self.group(group)
            self.failure = outer
            self.place(after)
        yield from self._rescues(rescues)

    def _rescues(self, rescues: list[tuple[_Label, list[ast.Group], list[str], _Label]]) -> Task:
        """Out of the way: notes the steps that a failure passes over, then goes on with the OR that takes over."""
        if not rescues:
            return
        end = _Label()
        self.put("jump", Span(0, 0), target=end)
        for label, groups, paths, start in rescues:
            self.place(label)
            for group, path in zip(groups, paths, strict=True):
                self.path = path
                self.put("passed", group.span, passed=_named(group))
            self.put("jump", Span(0, 0), target=start)
        self.place(end)
        yield from ()

    def group(self, group: ast.Group) -> Task:
        if len(group.steps) == 1:
            yield self.step(group.steps[0])
            return
        failure, path, outer_branch = self.failure, self.path, self.branch
        outermost, enclosed = self.outermost, self.enclosed
        self.enclosed = enclosed or outermost is not None
        sets = [self.bindings.of_step(step) for step in group.steps]
        starts, ends = [_Label() for _ in sets], [_Label(self.open + 1) for _ in sets]
        shares = [index for index, step in enumerate(group.steps) if id(step) in self.sharing]
        join = _Label()
        waits = not self.transacting and any(id(step) in self.waiting for step in group.steps)
        self.put(
            "group", group.span, starts=starts, ends=ends, join=join, waits=waits, sets=[sorted(n) for n in sets],
            shares=shares,
        )  # fmt: skip
        self.open += 1
        for index, step in enumerate(group.steps):
            self.place(starts[index])
            self.failure, self.branch, self.path = ends[index], index, f"{path}.and{index + 1}"
            self.outermost = None
            yield self.step(step)
            self.place(ends[index])
            self.failure = failure
            self.put("branch_end", step.span, next=starts[index + 1] if index + 1 < len(starts) else join)
        self.open -= 1
        self.failure, self.branch, self.path = failure, outer_branch, path
        self.outermost, self.enclosed = outermost, enclosed
        self.place(join)
        self.put("join", group.span, **self.leaving())

    def leaving(self) -> dict[str, Any]:
        """where CLOSE ALL NESTS goes, the records that stay open there, and whether blocks lie further out."""
        label, keep = self.outermost or (None, self.open)
        return {"target": label, "keep": keep, "enclosed": self.enclosed}

    # steps

    def step(self, step: ast.Step) -> Task:
        span, path = step.span, self.path
        behind = _Label()
        skipped = sorted(walk.names_read(step) & self.skippable) if self.skippable else []
        if skipped:
            marks = sorted(self.bindings.of_step(step))
            self.put("skip", span, names=skipped, marks=marks, target=behind, name=_name(step))
        match step:
            case ast.VerbStep() if not _runs_its_block(step):
                yield self.verb(step)
            case ast.If() | ast.Switch() | ast.While() | ast.Foreach() | ast.VerbStep():
                outermost = self.outermost
                self.outermost = outermost or (behind, self.open)
                yield self.around_block(step) if isinstance(step, ast.VerbStep) else self.nested(step, path)
                self.outermost = outermost
            case ast.Leave():
                if step.words == "EXIT ALL":
                    self.put("exit", span, name=step.words)
                else:
                    self.put("close", span, name=step.words, **self.leaving())
            case ast.Return():
                value = encode(step.operand) if step.operand else ["value", None]
                self.put("return", span, operand=value, name="RETURN")
        self.path = path
        self.place(behind)

    @staticmethod
    def data_of(step: ast.VerbStep) -> dict[str, Any]:
        """What the instruction of a verb knows of its step."""
        target = walk.target_of(step)
        return {
            "verb": step.verb,
            "operands": [encode(operand) for operand in step.operands],
            "modifiers": {modifier.keyword: encode_modifier(modifier) for modifier in step.modifiers},
            "target": [target.name, encode_path(target.path)] if target else None,
        }

    def verb(self, step: ast.VerbStep) -> Task:
        verb, data = verbs.table()[step.verb], self.data_of(step)
        if isinstance(step.block, ast.Block):
            yield self.stored(step, data)
            return
        if verb.runs_text:
            sources = self.taint.steps.get(id(step), frozenset())
            self.put("call", step.span, **data | {"target": None, "sources": _listed(sources)})
            if data["target"]:
                self.put("bind", step.span, target=data["target"])
            return
        if step.block is not None:
            data["block"] = encode_block(step.block)
        elif verb.block == "pairs":
            data["block"] = []
        self.put("step", step.verb_span if step.block else step.span, **data)

    def stored(self, step: ast.VerbStep, data: dict[str, Any]) -> Task:
        """A block that the verb itself runs, now or later: code of its own, jumped over here."""
        assert isinstance(step.block, ast.Block)
        end = _Label()
        self.put("step", step.verb_span, **data, body=[step.block.span.start, step.block.span.end], end=end)
        self.place(end)
        yield from ()

    def around_block(self, step: ast.VerbStep) -> Task:
        """A verb whose block runs where it stands."""
        return self.transaction(step) if verbs.table()[step.verb].transacts else self.captured(step)

    def captured(self, step: ast.VerbStep) -> Task:
        """A verb whose operand is what its block emits."""
        assert isinstance(step.block, ast.Block)
        path = self.path
        self.put("capture", step.verb_span, name=step.verb)
        self.open += 1
        yield self.last(step.block, f"{path}.body.", step.verb_span)
        self.open -= 1
        self.path = path
        data = self.data_of(step)
        self.put("captured", step.verb_span, **data | {"operands": [["variable", BODY, []]]})

    def transaction(self, step: ast.VerbStep) -> Task:
        """Its branches run one after the other, on the one frame of the store."""
        assert isinstance(step.block, ast.Block)
        path, target = self.path, walk.target_of(step)
        self.put("transaction", step.verb_span, name=step.verb)
        self.open += 1
        self.transacting = True
        yield self.last(step.block, f"{path}.body.", step.verb_span)
        self.transacting = False
        self.open -= 1
        self.path = path
        self.put("commit", step.verb_span, target=[target.name, encode_path(target.path)] if target else None)

    def nested(self, step: ast.If | ast.Switch | ast.While | ast.Foreach, path: str) -> Task:
        end = _Label()
        begin: dict[str, Any] = {"name": _name(step)}
        if isinstance(step, ast.Switch | ast.Foreach):
            begin["operand"] = encode(step.operand)
        self.put("begin", step.span, **begin)
        self.open += 1
        match step:
            case ast.If():
                yield self.arms(step, path, end)
            case ast.Switch():
                yield self.cases(step, path, end)
            case ast.While():
                loop = _Label()
                self.place(loop)
                self.put(
                    "loop",
                    step.span,
                    condition=encode_condition(step.condition, step.some),
                    target=end,
                    mentioned=self.mentions_loops,
                )
                yield self.body(step.block, f"{path}.body#", loop)
            case ast.Foreach():
                loop = _Label()
                self.place(loop)
                self.put("next", step.span, variable=step.variable.name, target=end, mentioned=self.mentions_loops)
                yield self.body(step.block, f"{path}.body#", loop)
        self.place(end)
        self.open -= 1
        self.path = path
        self.put("end", step.span, loop=isinstance(step, ast.While | ast.Foreach))

    def arms(self, step: ast.If, path: str, end: _Label) -> Task:
        for number, (condition, block) in enumerate(step.arms, 1):
            otherwise = _Label()
            self.put("test", step.span, condition=encode_condition(condition, step.some), target=otherwise)
            yield self.body(block, f"{path}.then{number if number > 1 else ''}.", end)
            self.place(otherwise)
        yield self.last(step.otherwise, f"{path}.else.", step.span)

    def cases(self, step: ast.Switch, path: str, end: _Label) -> Task:
        for number, (operand, block) in enumerate(step.cases, 1):
            otherwise = _Label()
            self.put("case", step.span, operand=encode(operand), target=otherwise)
            yield self.body(block, f"{path}.case{number}.", end)
            self.place(otherwise)
        yield self.last(step.default, f"{path}.default.", step.span)

    def last(self, block: ast.Block | None, prefix: str, span: Span) -> Task:
        if block is None or not block.chains:
            self.put("null", span)
        else:
            yield self.chains(block.chains, prefix)

    def body(self, block: ast.Block, prefix: str, then: _Label) -> Task:
        yield self.last(block, prefix, block.span)
        self.put("jump", block.span, target=then)


def _runs_its_block(step: ast.VerbStep) -> bool:
    verb = verbs.table()[step.verb]
    return verb.transacts or (verb.emits_into and isinstance(step.block, ast.Block))


def _listed(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _alternatives(connectors: tuple[str, ...]) -> list[int | None]:
    """For each group of a chain the next one that stands behind OR."""
    following: list[int | None] = [None]
    for index in range(len(connectors), 0, -1):
        following.append(index if connectors[index - 1] == "OR" else following[-1])
    return following[::-1]


def _resolved(value: Any) -> Any:
    if isinstance(value, _Label):
        return value.at
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    return value


def _shortened(prefix: str, at: int) -> str:
    """A path that stays unique without its middle: else each step of a deep program would have one of 10 kB."""
    loops = prefix.count("#", _PATH_KEPT)
    return f"{prefix[:_PATH_KEPT]}...{'#' * loops}{at}."


def _named(group: ast.Group) -> list[list[Any]]:
    return [[_name(step), step.span.start, step.span.end] for step in group.steps]


def _name(step: ast.Step) -> str:
    """The step's name as the trace shows it."""
    match step:
        case ast.VerbStep():
            return step.verb
        case ast.Leave():
            return step.words
        case ast.If() | ast.While() if step.some:
            return f"{type(step).__name__.upper()} SOME"
    return type(step).__name__.upper()
