"""Draws programs of control flow: every construct, a few verbs, few names, so that they meet each other often."""

from hypothesis import strategies as st

from tests.fuzz.choices import Choices
from tests.fuzz.trees import (
    Act,
    Block,
    Both,
    Chain,
    Compared,
    Condition,
    Foreach,
    Given,
    Group,
    If,
    IsNull,
    Joined,
    Leave,
    Operand,
    Pause,
    Return,
    Step,
    Switch,
    System,
    Variable,
    While,
)

NAMES = ("a", "b", "m", "n")
STARTING = {"n": 3, "l": ["x", "zz", None], "o": {"k": "v", "n": [1]}}
"""The variables that every program starts with, beside those it sets."""

_VALUES = ("", "x", "z", "2", 0, 1, 2, True, None, "[1]", "{")
_KEYS: tuple[str | int | Variable, ...] = ("k", "n", 0, -1, 1, Variable("n"), Variable("a"))
_SYSTEM = ("!INDEX", "!VALUE", "!KEY", "!STATE(IF)", "!STATE(WHILE)", "!STATE(FOREACH)", "!ERROR(code)")
_COMPARISONS = ("IS EQUAL TO", "IS NOT EQUAL TO", "IS LESS THAN", "IS GREATER THAN")


class _Writer(Choices):
    """Makes a program of choices; `left` bounds its length."""

    def __init__(self, drawn: bytes, length: int) -> None:
        super().__init__(drawn)
        self.left = length

    # chains

    def block(self, depth: int) -> Block:
        return tuple(self.chain(depth) for _ in range(self.pick(1, 1, 2, 0)))

    def chain(self, depth: int) -> Chain:
        groups, connectors = [self.group(depth)], []
        while self.left > 0 and self.count(3):
            connectors.append(self.pick("AFTER", "OR"))
            groups.append(self.group(depth, rescues=connectors[-1] == "OR"))
        return Chain(tuple(groups), tuple(connectors))

    def group(self, depth: int, rescues: bool = False) -> Group:
        if rescues and self.count(3) == 1:
            return Group((Act("EMIT", (System("!ERROR(code)"),)),))
        steps = [self.step(depth)]
        while self.left > 0 and self.count(2) == 2:
            steps.append(self.step(depth))
        return Group(tuple(steps))

    # steps

    def step(self, depth: int) -> Step:
        self.left -= 1
        if depth and self.left > 0 and self.count(3) == 1:
            return self.nesting(depth - 1)
        kind = self.count(30)
        if kind == 1:
            return Leave(self.pick("CLOSE ALL NESTS", "EXIT ALL"))
        if kind == 2:
            return Return(self.pick(None, self.operand()))
        return Pause() if kind == 3 else self.act()

    def nesting(self, depth: int) -> Step:
        kind = self.pick("if", "if", "switch", "while", "foreach", "foreach")
        if kind == "if":
            some = self.pick(False, False, True)
            arms = [(self.condition(some, 2), self.block(depth)) for _ in range(1 if some else self.pick(1, 1, 2))]
            return If(tuple(arms), self.pick(None, self.block(depth)), some)
        if kind == "switch":
            cases = [(self.operand(), self.block(depth)) for _ in range(self.count(2))]
            return Switch(self.operand(), tuple(cases), self.pick(None, self.block(depth)))
        if kind == "foreach":
            over = self.pick(Variable("l"), Variable("l"), Variable("o"), self.operand())
            return Foreach(over, self.pick(*NAMES), self.block(depth))
        return self.counting(depth)

    def counting(self, depth: int) -> While:
        """A loop that ends: `!STATE(WHILE)` counts its passes."""
        few = Compared(System("!STATE(WHILE)"), "IS LESS THAN", Given(self.pick(1, 2, 3)))
        bounded = Both("OR", (IsNull(System("!STATE(WHILE)"), negated=False), few))
        condition = self.pick(bounded, Both("AND", (self.condition(False, 1), bounded)))
        return While(condition, self.block(depth))

    def act(self) -> Act:
        verb = self.pick(
            "EMIT", "STRING", "STRING", "STRING", "STRING", "EMIT", "EMIT", "EMIT", "null", "null", "null", "failure",
            "UPPER", "INDEX", "PARSE JSON", "ENLIST", "APPEND", "APPEND", "COLLAPSE", "COLLAPSE", "FIRST", "CALCULATE",
        )  # fmt: skip
        if verb == "EMIT":
            return Act(verb, (self.operand(),))
        if verb in ("null", "failure"):
            made = ("INDEX", Given("x")) if verb == "null" else ("PARSE JSON", Given("{"))
            return Act(made[0], (made[1],), self.pick(None, self.target()))
        if verb == "APPEND":
            return Act(verb, (self.operand(),), self.pick(None, None, self.target()), self.pick("l", *NAMES))
        target = self.pick(self.target(), self.target(), None)
        if verb == "CALCULATE":
            return Act(verb, (Given(f"?{self.pick('n', *NAMES)} + {self.pick(1, 2)}"),), target)
        if verb == "FIRST":
            return Act(verb, (self.pick(Variable("l"), self.operand()),), target)
        if verb in ("UPPER", "INDEX"):
            return Act(verb, (self.pick(Given("zx"), self.joined(), self.operand()),), target)
        return Act(verb, tuple(self.operand() for _ in range(self.pick(1, 2) if verb == "ENLIST" else 1)), target)

    def target(self) -> Variable:
        name = self.pick(*NAMES, *NAMES, "l", "o")
        paths = (), (), (), (), (), (), (self.pick(*_KEYS),), (self.pick(*_KEYS), self.pick(*_KEYS))
        return Variable(name, self.pick(*paths))

    # operands and conditions

    def operand(self) -> Operand:
        return self.joined() if self.count(7) == 7 else self.primary()

    def joined(self) -> Joined:
        return Joined(tuple(self.primary() for _ in range(self.pick(2, 3))))

    def primary(self) -> Given | Variable | System:
        kind = self.count(9)
        if kind < 3:
            return Given(self.pick(*_VALUES))
        if kind == 3:
            return System(self.pick(*_SYSTEM))
        return Variable(self.pick(*NAMES, *NAMES, "l", "o"), self.pick((), (), (), (self.pick(*_KEYS),)))

    def condition(self, some: bool, depth: int) -> Condition:
        kind = self.count(6)
        if kind == 0 and depth:
            return Both("NOT", (self.condition(some, depth - 1),))
        if kind == 1 and depth:
            return Both(self.pick("AND", "OR"), tuple(self.condition(some, depth - 1) for _ in range(2)))
        if kind == 2:
            return IsNull(self.operand(), self.pick(False, True))
        words = self.pick(*_COMPARISONS)
        return Compared(self.operand(), words.replace("IS", "ARE") if some else words, self.operand())


def programs(length: int = 24) -> st.SearchStrategy[Block]:
    """Programs of up to some `length` steps, blocks up to three deep."""
    return st.binary(min_size=8 * length, max_size=16 * length).map(lambda drawn: _program(drawn, length))


def _program(drawn: bytes, length: int) -> Block:
    writer = _Writer(drawn, length)
    return tuple(writer.chain(3) for _ in range(writer.pick(1, 2, 3)))
