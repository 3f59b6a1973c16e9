"""MicroPython as it is shipped: whose bytes they are, and that its collector frees nothing that is in use."""

import ast
import importlib.resources
from hashlib import sha256
from typing import Any

import pytest

from oql.limits import Limits
from tests.sandbox.guests import guest, value

DIGEST = "f515e3ffacd6dc68302b43da8bf62c930c90d727e3f597b43cb843fd305fdb00"

BUSY = {
    "texts": """
words = {}
for i in range(60000):
    word = "w%d" % (i % 1000)
    words[word] = words.get(word, 0) + 1
    junk = [str(i)] * 5
[len(words), min(words.values()), max(words.values()), sum(words.values())]
""",
    "a collection in every call": """
import gc
def f(a, b, c):
    x = [a, b, c]; gc.collect(); y = {"k": x}; gc.collect()
    return [z for z in sorted(y["k"], key=lambda v: (gc.collect(), -v)[1])]
[f(i, i + 1, i + 2) for i in range(2)][-1]
""",
    "trees": """
def tree(depth):
    return None if depth == 0 else (tree(depth - 1), "x" * depth, tree(depth - 1))
def count(t):
    return 1 if t is None else count(t[0]) + len(t[1]) + count(t[2])
[count(tree(11)) for i in range(10)]
""",
    "JSON": """
import json
data = {"rows": [{"id": i, "name": "n" + str(i), "tags": [str(j) for j in range(5)]} for i in range(300)]}
sum(json.loads(json.dumps(data)) == data for k in range(15))
""",
    "numbers": """
total = 0.0
for i in range(300000):
    total += i * 0.5
total
""",
    "errors": """
import gc
caught = 0
for i in range(3000):
    try:
        [1, 2][i]
    except IndexError as error:
        gc.collect() if i % 1000 == 0 else None
        caught += len(str(error)) > 0
caught
""",
}


def test_the_module_is_the_one_that_the_readme_makes() -> None:
    module = importlib.resources.files("oql.sandbox").joinpath("micropython.wasm").read_bytes()
    assert sha256(module).hexdigest() == DIGEST


@pytest.mark.parametrize("name", BUSY)
def test_nothing_is_freed_that_is_in_use(name: str) -> None:
    assert value("python", BUSY[name], Limits()) == in_python(BUSY[name])


def in_python(code: str) -> Any:
    """What the code's last expression gives in the interpreter that runs the tests."""
    tree, space = ast.parse(code), dict[str, Any]()
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(tree, "code", "exec"), space)
    return eval(compile(ast.Expression(last.value), "code", "eval"), space)


def test_calls_may_nest_a_thousand_deep() -> None:
    assert value("python", "def f(n):\n    return n and 1 + f(n - 1)\n\nf(1500)") == 1_500
    assert value("js", "function f(n) { return n && 1 + f(n - 1) } f(1000)") == 1_000


VALUES = {
    "1 +\\\n 1": 2,
    "x = 1; x + 1": 2,
    "x = 1\n# the end\n": None,
    "if True:\n    x = 3\nelse:\n    x = 4": None,
    "for i in range(3): pass; i": None,
    "x = 'a;b'; x": "a;b",
    "total = sum([\n    1,\n    2,\n])\ntotal": 3,
    "[\n    1,\n    2,\n]": [1, 2],
    "def f():\n    return 5\nf()": 5,
    "'''\na\n'''": "\na\n",
    "x = '''\n1\n'''": None,
    "return": None,
    "": None,
    "(lambda: 3)()": 3,
    "'ü' * 2": "üü",
    "print('x')": None,
    "'\\x00'": "\0",
}


@pytest.mark.parametrize("code", VALUES)
def test_the_value_is_that_of_the_last_expression(code: str) -> None:
    outcome = guest("python", code)
    assert (str(outcome.error), outcome.result) == ("None", VALUES[code])
