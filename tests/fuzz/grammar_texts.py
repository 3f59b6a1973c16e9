"""Draws texts that the grammar knows: every declared verb with its modifiers and blocks, mostly well-formed."""

from hypothesis import strategies as st

from oql import verbs
from oql.conditions import OPERATORS
from oql.verbs.declare import MODIFIERS, Parameter, Verb
from tests.fuzz.choices import Choices

_NAMES = ("?a", "?b", "?m", "?l", "?o")
_LITERALS = (
    '""', '"a"', "'1'", "`{}`", '"[1,2]"', '"$[0]"', '"\\d+"', '"2026-01-15T08:00:00Z"', '"1ms"', '"base64"',
    '"?a + 1"',
    '"\\u00e9"', '"<a/>"', "0", "1", "-3", "2.5", "1e3", "99999999999999999999", "true", "false", "null",
)  # fmt: skip
_SYSTEM = ("!NOW", "!INDEX", "!VALUE(k)", "!ERROR(code)", "!REQUEST(header:X-Y)", "!GET(a)", "!JOB(id)", "!STATE(IF)")
_SELECTORS = ("", "", "", "(k)", "(0)", "(-1)", "('odd key')", "(?b)", "(k)(?a(0))")
_FEW = ("STRING", "EMIT", "ENLIST", "PARSE JSON", "INDEX", "COLLAPSE", "NEW ARRAY", "APPEND", "CALCULATE")
_PLURAL = tuple(words for words, operator in OPERATORS.items() if operator.some_only)
_SINGLE = tuple(words for words, operator in OPERATORS.items() if not operator.some_only)


class _Writer(Choices):
    """Writes a program of choices; `left` bounds its length."""

    def __init__(self, drawn: bytes, length: int) -> None:
        super().__init__(drawn)
        self.left = length
        self.table = verbs.table()
        served = [name for name, verb in self.table.items() if not verb.needs]
        self.names = [*self.table, *6 * served]

    def program(self) -> str:
        return "\n".join(self.chain(3) for _ in range(self.pick(1, 2, 3)))

    def chain(self, depth: int) -> str:
        written = self.step(depth)
        while self.left > 0 and self.count(4):
            written += f"{self.pick(' ', chr(10))}{self.pick('AFTER', 'AND', 'OR')} {self.step(depth)}"
        return written

    def block(self, depth: int) -> str:
        return f"OPEN NEST {' '.join(self.chain(depth) for _ in range(self.pick(1, 0, 2)))} CLOSE NEST"

    def step(self, depth: int) -> str:
        self.left -= 1
        if depth and self.left > 0 and self.count(4) == 1:
            return self.nesting(depth - 1)
        if self.count(20) == 1:
            return self.pick("CLOSE ALL NESTS", "EXIT ALL", f"RETURN {self.operand()}", "RETURN")
        return self.verb_step(self.table[self.of(self.names) if self.count(1) else self.pick(*_FEW)], depth)

    def nesting(self, depth: int) -> str:
        kind = self.pick("IF", "IF SOME", "SWITCH", "WHILE", "WHILE SOME", "FOREACH")
        if kind == "FOREACH":
            return f"FOREACH {self.operand()} AS {self.pick(*_NAMES)} {self.block(depth)}"
        if kind == "SWITCH":
            cases = " ".join(f"CASE {self.operand()} {self.block(depth)}" for _ in range(self.count(2)))
            return (
                f"SWITCH {self.operand()} OPEN NEST {cases} {self.pick('', f'DEFAULT {self.block(depth)}')} CLOSE NEST"
            )
        written = f"{kind} {self.condition(2, some='SOME' in kind)} {self.block(depth)}"
        if kind == "IF" and self.count(2) == 1:
            written += f" ELSE IF {self.condition(1)} {self.block(depth)}"
        return written + (f" ELSE {self.block(depth)}" if kind.startswith("IF") and self.count(2) == 1 else "")

    # verbs

    def verb_step(self, verb: Verb, depth: int) -> str:
        parts = [verb.name]
        if verb.operand and (verb.operand.required or self.count(1)):
            many = 1 + self.count(2) if verb.operand.many else 1
            parts.append(" AND ".join(self.value(verb.operand) for _ in range(many)))
        block = self.verb_block(verb, depth)
        modifiers = [self.modifier(verb.modifiers.get(keyword), keyword) for keyword in self.keywords(verb)]
        if verb.block in ("items", "pairs"):
            modifiers, parts = [], [verb.name]
        parts += [block, *modifiers] if self.count(1) and verb.block == "fields" else [*modifiers, block]
        if self.count(1):
            parts.append(f"SET {self.pick(*_NAMES)}{self.pick(*_SELECTORS)}")
        return " ".join(filter(None, parts))

    def keywords(self, verb: Verb) -> list[str]:
        form = set(self.pick(*verb.forms)) if verb.forms else set()
        needed = [k for k, p in verb.modifiers.items() if p.required or k in form]
        others = [k for k in verb.modifiers if k not in needed and self.count(3) == 1]
        return [*needed, *others, *([self.pick(*MODIFIERS)] if self.count(40) == 1 else [])]

    def modifier(self, parameter: Parameter | None, keyword: str) -> str:
        if parameter and keyword == "INTO":
            return f"INTO {self.pick('?l', '?m', '?l', self.operand())}"
        if parameter and parameter.kind.role == "condition":
            return f"WHERE {self.condition(1, columns=True)}"
        return f"{keyword} {self.value(parameter) if parameter else self.operand()}"

    def value(self, parameter: Parameter) -> str:
        if parameter.kind.choices and self.count(7):
            return self.pick(*(f'"{choice}"' for choice in parameter.kind.choices))
        return self.operand()

    def verb_block(self, verb: Verb, depth: int) -> str:
        match verb.block:
            case "items":
                return f"OPEN NEST {' AND '.join(self.operand() for _ in range(1 + self.count(2)))} CLOSE NEST"
            case "pairs":
                pairs = (f"SET {self.pick(chr(34) + 'k' + chr(34), 'k', '?a')} AS {self.operand()}" for _ in range(3))
                return f"OPEN NEST {' AND '.join(pairs)} CLOSE NEST"
            case "fields":
                kind = self.pick("TEXT", "NUMBER", 'CHOICE "a" AND "b"')
                return f'OPEN NEST {self.pick(*_NAMES)} FORMAT {kind} AS "label" CLOSE NEST'
            case "entries":
                return self.pick("", f"OPEN NEST ENTER {self.operand()} SET {self.pick(*_NAMES)} CLOSE NEST")
            case "steps":
                return self.block(max(depth - 1, 0))
        return ""

    # operands and conditions

    def operand(self) -> str:
        primary = self.primary()
        while self.count(6) == 1:
            primary += f" & {self.primary()}"
        return primary

    def primary(self) -> str:
        kind = self.count(5)
        if kind < 3:
            return self.pick(*_NAMES) + self.pick(*_SELECTORS)
        return self.pick(*_SYSTEM) if kind == 3 else self.pick(*_LITERALS)

    def condition(self, depth: int, some: bool = False, columns: bool = False) -> str:
        kind = self.count(7)
        if depth and kind == 0:
            return f"NOT ({self.condition(depth - 1, some, columns)})"
        if depth and kind == 1:
            parts = (self.condition(depth - 1, some, columns) for _ in range(2))
            return self.pick(" AND ", " OR ").join(parts)
        left = self.pick("id", "name") if columns else self.operand()
        if kind == 2:
            return f"{left} {self.pick('IS NULL', 'IS NOT NULL')}"
        return f"{left} {self.pick(*_PLURAL, *_SINGLE) if some else self.pick(*_SINGLE)} {self.operand()}"


def texts(length: int = 12) -> st.SearchStrategy[str]:
    """Programs of up to some `length` steps over all verbs."""
    return st.binary(min_size=16 * length, max_size=40 * length).map(lambda drawn: _Writer(drawn, length).program())
