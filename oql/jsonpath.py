"""JSONPath (RFC 9535) on values of the language: what a path may cost is counted, and is bounded.

The library reads a path and checks it. The path is followed here, since the library's own way copies the
path of every value it visits, matches with a backtracking regex engine, and has no bound. One difference from
the RFC: a bad regular expression in `match()` or `search()` is an error instead of no match.

    text --_read--> segments of selectors --_Search--> the matched values, in the RFC's order

Loading the library takes 50 ms, so this module is imported where it is used.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError
from jsonpath.filter import (
    BaseExpression,
    FilterExpressionLiteral,
    FilterQuery,
    FunctionExtension,
    InfixExpression,
    PrefixExpression,
    RootFilterQuery,
)
from jsonpath.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath.selectors import Filter, IndexSelector, JSONPathSelector, NameSelector, SliceSelector

from oql.errors import Code, OqlError, failed, limit_reached
from oql.regex import check_work, compile_pattern
from oql.values import Value, kind_of

MAX_LENGTH = 1_000
MAX_FILTERS_INSIDE = 8
MAX_WORK = 3_000_000
"""How many values a path may look at, each time counted; about two seconds."""

_POLLED_EVERY = 50_000
_CHARACTERS_PER_VALUE = 256
_NOTHING = object()
"""What a query without a match gives to a comparison."""

_READER = JSONPathEnvironment(strict=True)


def find(path: str, root: Value, poll: Callable[[], None]) -> list[Value]:
    """The values that a path matches. `poll` is called now and then, and may raise.

    A bad path is ExtractInvalidSelector, too much work LimitExceeded.
    """
    return _Search(root, poll).matches(_read(path).segments, root)


@lru_cache(maxsize=256)
def _read(path: str) -> JSONPath:
    if len(path) > MAX_LENGTH:
        raise _invalid(f"{path[:40]}...", f"it is longer than {MAX_LENGTH:,} characters")
    try:
        query = _READER.compile(path)
    except RecursionError:
        raise _invalid(path, "it is nested too deeply") from None
    except OverflowError:
        raise _invalid(path, "a number in it is too large") from None
    except JSONPathError as error:
        place = f" at column {error.token.index + 1}" if error.token and error.token.index >= 0 else ""
        raise _invalid(path, f"{error.args[0]}{place}") from None
    if not isinstance(query, JSONPath) or _filters_inside(query) > MAX_FILTERS_INSIDE:
        raise _invalid(path, f"it has more than {MAX_FILTERS_INSIDE} filters inside each other")
    return query


def _invalid(path: str, reason: str) -> OqlError:
    hint = "a path looks like `$.orders[0].total`, `$..name` or `$.orders[?@.total > 10]`"
    return failed(Code.EXTRACT_INVALID_SELECTOR, f"bad JSONPath `{path}`: {reason}", hint)


def _filters_inside(query: JSONPath) -> int:
    selectors = [selector for segment in query.segments for selector in segment.selectors]
    filters = [selector.expression for selector in selectors if isinstance(selector, Filter)]
    return max((1 + _filters_below(expression) for expression in filters), default=0)


def _filters_below(expression: BaseExpression) -> int:
    if isinstance(expression, FilterQuery):
        return _filters_inside(expression.path)
    return max(map(_filters_below, expression.children()), default=0)


class _Search:
    """One path on its way through one value; counts what it looks at."""

    def __init__(self, root: Value, poll: Callable[[], None]) -> None:
        self.root = root
        self.poll = poll
        self.work = 0

    def count(self, values: int) -> None:
        """Counts values before they are looked at."""
        before, self.work = self.work, self.work + values
        if self.work > MAX_WORK:
            raise limit_reached("values for one path to look at", f"{MAX_WORK:,}", "use fewer `..` and filters")
        if self.work // _POLLED_EVERY != before // _POLLED_EVERY:
            self.poll()

    def matches(self, segments: Iterable[JSONPathSegment], start: Value) -> list[Value]:
        """What the segments lead to from one value."""
        values = [start]
        for segment in segments:
            if isinstance(segment, JSONPathRecursiveDescentSegment):
                values = [below for value in values for below in self.descend(value)]
            values = [
                child for value in values for selector in segment.selectors for child in self.choose(selector, value)
            ]
        return values

    def descend(self, value: Value) -> Iterable[Value]:
        """A value and everything below it that has children, parents first."""
        waiting = [value]
        while waiting:
            value = waiting.pop()
            yield value
            children = _children(value)
            self.count(1 + len(children))
            waiting += [child for child in reversed(children) if isinstance(child, (list, dict))]

    def choose(self, selector: JSONPathSelector, value: Value) -> Iterable[Value]:
        """The children of a value that a selector chooses."""
        self.count(1)
        if isinstance(selector, NameSelector):
            return [value[selector.name]] if isinstance(value, dict) and selector.name in value else ()
        if isinstance(selector, IndexSelector):
            return [value[selector.index]] if isinstance(value, list) and _is_in(selector.index, value) else ()
        children = _children(value)
        self.count(len(children))
        if isinstance(selector, SliceSelector):
            return value[selector.slice] if isinstance(value, list) and selector.slice.step != 0 else ()
        if isinstance(selector, Filter):
            test = selector.expression.expression
            return [child for child in children if self.holds(test, child)]
        return children

    def holds(self, test: BaseExpression, current: Value) -> bool:
        """Whether a filter's test is true of the current value."""
        self.count(1)
        if isinstance(test, PrefixExpression):
            return not self.holds(test.right, current)
        if isinstance(test, InfixExpression):
            if test.operator == "&&":
                return self.holds(test.left, current) and self.holds(test.right, current)
            if test.operator == "||":
                return self.holds(test.left, current) or self.holds(test.right, current)
            return self.compare(test.operator, self.value(test.left, current), self.value(test.right, current))
        if isinstance(test, FilterQuery):
            return bool(self.query(test, current))
        return bool(self.value(test, current))

    def query(self, query: FilterQuery, current: Value) -> list[Value]:
        """What a query inside a filter matches: from the current value, or from the root."""
        return self.matches(query.path.segments, self.root if isinstance(query, RootFilterQuery) else current)

    def value(self, expression: BaseExpression, current: Value) -> Any:
        """What an expression stands for: a value of the language, or _NOTHING."""
        if isinstance(expression, FilterExpressionLiteral):
            return expression.value
        if isinstance(expression, FilterQuery):
            return (self.query(expression, current) or [_NOTHING])[0]
        if isinstance(expression, FunctionExtension):
            return self.call(expression, current)
        return None

    def call(self, call: FunctionExtension, current: Value) -> Any:
        """The result of a function; the library has checked its arguments."""
        argument = call.args[0]
        if call.name in ("count", "value") and isinstance(argument, FilterQuery):
            found = self.query(argument, current)
            return len(found) if call.name == "count" else found[0] if len(found) == 1 else _NOTHING
        subject = self.value(argument, current)
        if call.name == "length":
            return len(subject) if isinstance(subject, (str, list, dict)) else _NOTHING
        pattern = self.value(call.args[1], current)
        return isinstance(subject, str) and isinstance(pattern, str) and self.fits(subject, pattern, call.name)

    def fits(self, text: str, pattern: str, how: str) -> bool:
        """Whether a text matches a regular expression, as a whole or in a part."""
        compiled = compile_pattern(pattern, Code.EXTRACT_INVALID_SELECTOR)
        check_work(compiled, text)
        self.count(len(text) // _CHARACTERS_PER_VALUE)
        return (compiled.fullmatch(text) if how == "match" else compiled.search(text)) is not None

    def compare(self, operator: str, left: Any, right: Any) -> bool:
        """A comparison of two values or _NOTHING."""
        if operator in ("==", "!="):
            return self.same(left, right) == (operator == "==")
        if operator in (">", ">="):
            left, right = right, left
        return self.less(left, right) or (operator in ("<=", ">=") and self.same(left, right))

    def less(self, left: Any, right: Any) -> bool:
        """Two numbers or two texts have an order; nothing else has."""
        kind = kind_of(left)
        if kind not in ("number", "text") or kind_of(right) != kind:
            return False
        self.count(len(left) // _CHARACTERS_PER_VALUE if kind == "text" else 0)
        return bool(left < right)

    def same(self, left: Any, right: Any) -> bool:
        """Equality of the whole of two values, without recursion."""
        pairs = [(left, right)]
        while pairs:
            left, right = pairs.pop()
            self.count(1 + (len(left) // _CHARACTERS_PER_VALUE if isinstance(left, str) else 0))
            if left is _NOTHING or right is _NOTHING or kind_of(left) != kind_of(right):
                if left is not right:
                    return False
            elif isinstance(left, (list, dict)):
                if len(left) != len(right) or (isinstance(left, dict) and left.keys() != right.keys()):
                    return False
                self.count(len(left))
                places = left if isinstance(left, dict) else range(len(left))
                pairs += [(left[place], right[place]) for place in places]
            elif left != right:
                return False
        return True


def _children(value: Value) -> list[Value]:
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []


def _is_in(index: int, array: list[Value]) -> bool:
    return -len(array) <= index < len(array)
