"""Makes the tree of a program while Lark reduces it: one method a grammar rule, spans from first to last child."""

import re
from typing import Any

from lark import Token, Transformer

from oql import ast
from oql.errors import Span
from oql.grammar import PHRASES
from oql.selectors import raw_parts, split_variable
from oql.values import whole

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "`": "`"}
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_BLANKS = re.compile(r"\s+")

Children = list[Any]


def words(token: str) -> str:
    """The keyword that a token stands for, with single blanks."""
    return _BLANKS.sub(" ", token)


def unescape(text: str) -> str:
    r"""The value of a text literal's inside; a backslash before any other character stays, so `\d` reaches a regex."""
    if "\\" not in text:
        return text
    value = _ESCAPE.sub(_escaped, text)
    return _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), value)


def _escaped(match: re.Match[str]) -> str:
    what = match[1]
    if what[0] == "u" and len(what) == 5:
        return chr(int(what[1:], 16))
    return _ESCAPES.get(what, match[0])


def _at(token: Token) -> Span:
    return Span(token.start_pos or 0, token.end_pos or 0)


def _span(child: Any) -> Span:
    return _at(child) if type(child) is Token else child.span


def _over(children: Children) -> Span:
    """From the first child's start to the last child's end; absent optional children are None."""
    last = next(child for child in reversed(children) if child is not None)
    end = last.value.span.end if type(last) is ast.Modifier else _span(last).end
    return Span(_span(children[0]).start, end)


def _depth(blocks: Any) -> int:
    return max((block.depth for block in blocks), default=0)


class Build(Transformer[Token, Any]):
    """Lark calls these with a rule's children, from the leaves up."""

    def start(self, children: Children) -> ast.Program:
        return ast.Program(tuple(children), _chains_depth(children))

    def chain(self, children: Children) -> ast.Chain:
        connectors = tuple(str(token) for token in children[1::2])
        return ast.Chain(_over(children), tuple(children[::2]), connectors)

    def group(self, children: Children) -> ast.Group:
        return ast.Group(_over(children), tuple(children))

    def block(self, children: Children) -> ast.Block:
        chains = tuple(children[1:-1])
        return ast.Block(_over(children), chains, 1 + _chains_depth(chains))

    # steps

    def verb_step(self, children: Children) -> ast.VerbStep:
        verb: Token = children[0]
        operands: tuple[ast.Operand, ...] = ()
        modifiers = []
        block = target = None
        for child in children[1:]:
            kind = type(child)
            if kind is ast.Modifier:
                modifiers.append(child)
            elif kind is _Operands:
                operands = tuple(child)
            elif kind is ast.Variable:
                target = child
            else:
                block = child
        return ast.VerbStep(_over(children), words(verb), _at(verb), operands, tuple(modifiers), block, target)

    def if_step(self, children: Children, some: bool = False) -> ast.If:
        otherwise = children[-1]
        parts = [child for child in children[:-2] if type(child) is not Token]
        return ast.If(_over(children), tuple(zip(parts[::2], parts[1::2], strict=True)), otherwise, some)

    def if_some_step(self, children: Children) -> ast.If:
        return self.if_step(children, some=True)

    def switch_step(self, children: Children) -> ast.Switch:
        cases = tuple(child for child in children if type(child) is tuple)
        return ast.Switch(_over(children), children[1], cases, children[-2])

    def case(self, children: Children) -> tuple[ast.Operand, ast.Block]:
        return children[1], children[2]

    def while_step(self, children: Children) -> ast.While:
        return ast.While(_over(children), children[1], children[2])

    def while_some_step(self, children: Children) -> ast.While:
        return ast.While(_over(children), children[1], children[2], some=True)

    def foreach_step(self, children: Children) -> ast.Foreach:
        return ast.Foreach(_over(children), children[1], children[3], children[4])

    def close_step(self, children: Children) -> ast.Leave:
        return ast.Leave(_over(children), "CLOSE ALL NESTS")

    def exit_step(self, children: Children) -> ast.Leave:
        return ast.Leave(_over(children), "EXIT ALL")

    def return_step(self, children: Children) -> ast.Return:
        return ast.Return(_over(children), children[1])

    def broken_step(self, children: Children) -> ast.Broken:
        return ast.Broken(_over(children))

    # what verbs take

    def operands(self, children: Children) -> "_Operands":
        return _Operands(children)

    def modifier(self, children: Children) -> ast.Modifier:
        keyword = words(children[0])
        return ast.Modifier(_at(children[0]), PHRASES.get(keyword, keyword), children[1])

    def set(self, children: Children) -> ast.Variable:
        return children[1]  # type: ignore[no-any-return]  # lark: untyped

    def items(self, children: Children) -> ast.Items:
        return ast.Items(_over(children), tuple(child for child in children[1:-1] if child is not None))

    def pairs(self, children: Children) -> ast.Pairs:
        return ast.Pairs(_over(children), tuple(child for child in children[1:-1] if child is not None))

    def pair(self, children: Children) -> tuple[ast.Operand, ast.Operand]:
        return children[1], children[3]

    def fields(self, children: Children) -> ast.Fields:
        return ast.Fields(_over(children), tuple(children[1:-1]))

    def field(self, children: Children) -> ast.Field:
        variable, _, kind, choices, _, label, _, required = children
        span = _over(children)
        return ast.Field(span, variable, str(kind), tuple(choices or ()), label, required is not None)

    def entries(self, children: Children) -> ast.Entries:
        return ast.Entries(_over(children), tuple(children[1:-1]))

    def entry(self, children: Children) -> ast.Entry:
        return ast.Entry(_over(children), children[1], children[2])

    # conditions

    def any_of(self, children: Children) -> ast.Combined:
        return _combined("or", children)

    def all_of(self, children: Children) -> ast.Combined:
        return _combined("and", children)

    def negated(self, children: Children) -> ast.Negated:
        return ast.Negated(_over(children), children[1], 1 + _condition_depth(children[1]))

    def nested(self, children: Children) -> ast.Combined:
        condition = children[1]
        return ast.Combined(_over(children), "and", (condition,), 1 + _condition_depth(condition))

    def comparison(self, children: Children) -> ast.Comparison:
        left, operator, right = children
        return ast.Comparison(_over(children), left, words(operator), _at(operator), right)

    def null_test(self, children: Children) -> ast.NullTest:
        return ast.NullTest(_over(children), children[0], words(children[1]) == "IS NULL")

    def truth(self, children: Children) -> ast.Truth:
        return ast.Truth(children[0].span, children[0])

    # operands

    def concatenation(self, children: Children) -> ast.Concatenation:
        return ast.Concatenation(_over(children), tuple(children))

    def text(self, children: Children) -> ast.Literal:
        return ast.Literal(_at(children[0]), unescape(children[0][1:-1]))

    def number(self, children: Children) -> ast.Literal:
        digits = str(children[0])
        value = int(digits) if digits.lstrip("-").isdigit() and len(digits) < 4_000 else whole(float(digits))
        return ast.Literal(_at(children[0]), value)

    def true(self, children: Children) -> ast.Literal:
        return ast.Literal(_at(children[0]), True)

    def false(self, children: Children) -> ast.Literal:
        return ast.Literal(_at(children[0]), False)

    def null(self, children: Children) -> ast.Literal:
        return ast.Literal(_at(children[0]), None)

    def variable(self, children: Children) -> ast.Variable:
        name, path = split_variable(children[0][1:])
        return ast.Variable(_at(children[0]), name, path)

    def system(self, children: Children) -> ast.System:
        name, opening, rest = children[0][1:].partition("(")
        arguments = tuple(part for part, _ in raw_parts(opening + rest)) if opening else ()
        return ast.System(_at(children[0]), name, arguments)

    def word(self, children: Children) -> ast.Word:
        return ast.Word(_at(children[0]), str(children[0]))


class _Operands(list[Any]):
    """The operands of a verb, told apart from its other parts."""

    @property
    def span(self) -> Span:
        return Span(self[0].span.start, self[-1].span.end)


def _chains_depth(chains: Any) -> int:
    return max(
        (_depth(ast.blocks_of(step)) for chain in chains for group in chain.groups for step in group.steps),
        default=0,
    )


def _condition_depth(condition: ast.Condition) -> int:
    return condition.depth if isinstance(condition, ast.Negated | ast.Combined) else 0


def _combined(connector: Any, children: Children) -> ast.Combined:
    depth = 1 + max(_condition_depth(child) for child in children)
    return ast.Combined(_over(children), connector, tuple(children), depth)
