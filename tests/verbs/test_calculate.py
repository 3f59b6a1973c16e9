"""CALCULATE against Python's own arithmetic, and expressions made to break it."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, strategies as st

from oql.calculate import compile_calculation
from oql.errors import OqlError
from oql.values import Multi
from tests.verbs.programs import failure_of, value_of

small = st.integers(0, 60).map(str)
decimals = st.decimals(0, 1_000, places=3, allow_nan=False).map(str)


def combined(inner: st.SearchStrategy[str], signs: list[str]) -> st.SearchStrategy[str]:
    joined = st.builds(lambda a, sign, b: f"{a} {sign} {b}", inner, st.sampled_from(signs), inner)
    return joined | inner.map(lambda a: f"({a})") | inner.map(lambda a: f"-{a}")


exact = st.recursive(small, lambda inner: combined(inner, ["+", "-", "*", "%"]), max_leaves=12)
mixed = st.recursive(small | decimals, lambda inner: combined(inner, ["+", "-", "*", "/"]), max_leaves=8)


def computed(text: str, **variables: object) -> int | float:
    return compile_calculation(text).evaluate(variables)


def failure(text: str, **variables: object) -> OqlError:
    with pytest.raises(OqlError) as caught:
        computed(text, **variables)
    assert caught.value.code == "CalculateFailed"
    return caught.value


@given(exact)
def test_integers_are_exact(text: str) -> None:
    try:
        expected = eval(text)
    except ZeroDivisionError:
        assert failure(text).message.startswith("division by zero")
    else:
        found = computed(text)
        assert type(found) is int
        assert found == expected


@given(small, small, st.integers(0, 9))
def test_powers_bind_as_in_python(base: str, factor: str, exponent: int) -> None:
    text = f"{factor} - -{base} ^ {exponent} ^ 1"
    assert computed(text) == eval(text.replace("^", "**"))


@given(mixed)
def test_decimals_have_fifteen_digits(text: str) -> None:
    try:
        expected = eval(text)
    except ZeroDivisionError:
        assert failure(text).message.startswith("division by zero")
    else:
        found = computed(text)
        assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
        assert isinstance(found, int) or found == float(f"{found:.15g}")


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70), st.sampled_from("+-*"))
def test_variables_are_values(left: int, right: int, sign: str) -> None:
    assert computed(f"?a {sign} ?b", a=left, b=right) == eval(f"left {sign} right")
    assert computed(f"?a {sign} ?b", a=str(left), b=right) == eval(f"left {sign} right")
    assert computed(f"?a(0) {sign} ?b(n)", a=[left], b={"n": right}) == eval(f"left {sign} right")


@given(st.text(max_size=30) | st.text("0123456789.+-*/%^()?aexpi, ", max_size=30))
def test_any_text_is_a_number_or_a_clear_error(text: str) -> None:
    program = "CALCULATE ?text SET ?n AFTER EMIT ?n OR EMIT !ERROR(code)"
    found = value_of(program, {"text": text, "a": 3})
    assert found == "CalculateFailed" or math.isfinite(found)


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_round_gives_the_nearest(number: float, digits: int) -> None:
    assert abs(computed(f"round(?x, {digits})", x=number) - number) <= 0.5000001 * 10**-digits


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1" + "+1" * 99_999, 100_000),
        ("-" * 20_000 + "1", 1),
        ("-" * 20_001 + "1", -1),
        ("1" + "^1" * 20_000, 1),
        ("min(" + "7," * 20_000 + "3)", 3),
        ("(" * 200 + "5" + ")" * 200, 5),
    ],
    ids=["terms", "signs", "odd signs", "powers", "arguments", "nested"],
)
def test_long_expressions_are_computed(text: str, expected: int) -> None:
    assert computed(text) == expected


@pytest.mark.parametrize("opening", ["(", "abs(", "-("])
def test_nesting_is_bounded(opening: str) -> None:
    text = opening * 201 + "1" + ")" * 201
    assert failure(text).message.startswith("more than 200 parentheses stand inside each other at character")


def test_length_is_bounded() -> None:
    assert failure("1+" * 125_000 + "1").message == "the expression is longer than 250,000 characters"


@pytest.mark.parametrize(
    "text",
    ["2^4096", "-2^4096", "9^9^9^9", "pow(10, 1e15)", "2^2048 * 2^2048", "1e308 * 10", "2^1024 * 0.5", "exp(710)"],
)
def test_results_that_are_too_large_are_refused(text: str) -> None:
    assert failure(text).message.startswith("the result is too large at character")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("1 + * 2", "expected a value, found `*` at character 5 of `1 + * 2`", None),
        ("(1 + 2", "expected an operator or `)`, found the end at character 7 of `(1 + 2`", None),
        ("2(3)", "expected an operator, found `(` at character 2 of `2(3)`", "write `*` to multiply"),
        ("2 ** 3", "expected a value, found `*` at character 4 of `2 ** 3`", "write powers as `^`"),
        ("10 / (5 - 5)", "division by zero at character 4 of `10 / (5 - 5)`", None),
        ("1 + sqr(4)", "`sqr` is not a function at character 5 of `1 + sqr(4)`", "did you mean `sqrt`?"),
        ("price * 2", "`price` is not a constant at character 1 of `price * 2`", "write `?price`"),
        ("sqrt(1, 2)", "`sqrt` takes 1 argument, found 2 at character 1 of `sqrt(1, 2)`", None),
        ("1 + log(?a)", "`log` is not defined for this value at character 5 of `1 + log(?a)`", None),
        ("?a + ?b(c)", "expected a number in `?b(c)`, found null at character 6 of `?a + ?b(c)`", None),
    ],
)
def test_errors_say_where(text: str, message: str, hint: str | None) -> None:
    error = failure(text, a=0)
    assert error.message == message
    assert hint is None or hint in str(error.hint)


@pytest.mark.parametrize("value", [None, True, "abc", "", [1], {"a": 1}, b"1"])
def test_what_is_no_number_is_named(value: object) -> None:
    assert "in `?x`" in failure("?x + 1", x=value).message


def test_a_multivariable_gives_branch_0() -> None:
    assert computed("?m + 1", m=Multi([1, 10])) == 2
    assert computed("?m(n) + 1", m=Multi([{"n": 3}, {"n": 10}])) == 4


def test_the_variables_are_known() -> None:
    assert compile_calculation("?a + ?b(x)(?key) * sin(PI)").variables == {"a", "b", "key"}


def test_a_text_is_compiled_once() -> None:
    assert compile_calculation("?once + 1") is compile_calculation("?once + 1")


def test_one_calculation_serves_many_threads() -> None:
    calculation = compile_calculation("?x * ?x - (?x - 1) * (?x + 1) + ?x")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: calculation.evaluate({"x": number}), range(2_000)))
    assert found == [number + 1 for number in range(2_000)]


def test_a_built_expression_reads_variables_too() -> None:
    program = 'STRING "+" SET ?sign AFTER CALCULATE "?a " & ?sign & " ?b" SET ?n AFTER EMIT ?n'
    assert value_of(program, {"a": 20, "b": "22"}) == 42


def test_the_error_has_the_place_of_the_step() -> None:
    error = failure_of('UPPER "x" SET ?u AFTER CALCULATE "1 / ?zero" SET ?n', {"zero": 0})
    assert error.span is not None
    assert error.span.start == 23
