"""What the steps of a program cost once it is compiled, each noted in the trace as every run does."""

from collections.abc import Iterable
from time import perf_counter_ns

from bench.figures import Row, Unit, at_most, figure
from bench.peers.jinja import JINJA, jinja
from bench.peers.python import PYTHON, python
from bench.peers.starlark import STARLARK, starlark
from bench.rounds import Side, again, compared
from oql import engine, json
from oql.local import local_context
from oql.program import Program, load
from oql.values import Value, to_json

_CHAIN = 900
"""Steps in a row: fewer than the trace shows one by one."""
_PASSES = 10_000
_NOTED = "name = name.upper()\nended = clock()\nentries.append((1, now, ended, 'Ok', (), 0))\nnow = ended"
_HELLO = 'EMIT "Hello"'


def _runs(program: Program, parts: int, **variables: Value) -> Side:
    """The side that runs a program; one that fails would be measured as something else."""
    outcome = engine.run(program, local_context(), variables)
    assert outcome.error is None, outcome.error
    return again(lambda: engine.run(program, local_context(), variables), parts)


@figure(
    "step",
    f"a pure step, one of {_CHAIN} in a row, with its entry in the trace",
    at_most(700e-9, Unit.SECONDS, "UPPER"),
)
def step(rounds: int) -> Iterable[Row]:
    """UPPER of a short text into a variable, beside the same call in other languages."""
    program = load("\n".join(["UPPER ?name SET ?name"] * _CHAIN))
    peers = {
        PYTHON: python("\n".join(["name = name.upper()"] * _CHAIN), _CHAIN, name="hello"),
        "plain Python with a trace": python(
            "\n".join(["entries = []", "now = clock()", *[_NOTED] * _CHAIN]),
            _CHAIN,
            name="hello",
            clock=perf_counter_ns,
        ),
        STARLARK: starlark("\n".join(["name = hello", *["name = name.upper()"] * _CHAIN]), _CHAIN, hello="hello"),
        JINJA: jinja("{% set name = name | upper %}" * _CHAIN, _CHAIN, name="hello"),
    }
    yield from compared(rounds, "UPPER", _runs(program, _CHAIN, name="hello"), peers)


@figure("while", f"a pass of a loop of {_PASSES:,}: its condition and one CALCULATE", at_most(6, Unit.TIMES, "WHILE"))
def while_(rounds: int) -> Iterable[Row]:
    """A counter that is counted up. Starlark and Jinja2 have no WHILE: there a FOR drives it."""
    program = load(f'WHILE ?i IS LESS THAN {_PASSES} OPEN NEST\n  CALCULATE "?i + 1" SET ?i\nCLOSE NEST')
    peers = {
        PYTHON: python(f"while i < {_PASSES}:\n    i = i + 1", _PASSES, i=0),
        STARLARK: starlark(f"i = 0\nfor _ in range({_PASSES}):\n    if i < {_PASSES}:\n        i = i + 1", _PASSES),
        JINJA: jinja(
            "{% set at = namespace(i=0) %}{% for _ in range(" + str(_PASSES) + ") %}"
            "{% if at.i < " + str(_PASSES) + " %}{% set at.i = at.i + 1 %}{% endif %}{% endfor %}",
            _PASSES,
        ),
    }  # fmt: skip
    yield from compared(rounds, "WHILE", _runs(program, _PASSES, i=0), peers)


@figure(
    "foreach", f"a pass of a loop over {_PASSES:,} texts: taking one and one UPPER", at_most(6, Unit.TIMES, "FOREACH")
)
def foreach(rounds: int) -> Iterable[Row]:
    """Each text in capitals, beside the same loop in other languages."""
    items: list[Value] = [f"item {number}" for number in range(_PASSES)]
    program = load("FOREACH ?items AS ?item OPEN NEST\n  UPPER ?item SET ?loud\nCLOSE NEST")
    peers = {
        PYTHON: python("for item in items:\n    loud = item.upper()", _PASSES, items=items),
        STARLARK: starlark("for item in items:\n    loud = item.upper()", _PASSES, items=items),
        JINJA: jinja("{% for item in items %}{% set loud = item | upper %}{% endfor %}", _PASSES, items=items),
    }
    yield from compared(rounds, "FOREACH", _runs(program, _PASSES, items=items), peers)


@figure("answer", 'EMIT "Hello" in this process: from its text, known before, to the JSON of the answer')
def answer(rounds: int) -> Iterable[Row]:
    """The whole way of a small query but for HTTP, beside writing the same JSON."""
    repeats = 200

    def answers() -> None:
        for _ in range(repeats):
            _answer(_HELLO)

    body = json.loads(_answer(_HELLO))

    def writes() -> None:
        for _ in range(repeats):
            json.dumps(body)

    yield from compared(rounds, "EMIT", again(answers, repeats), {"writing its JSON": again(writes, repeats)})


def _answer(text: str) -> bytes:
    context = local_context()
    return to_json(engine.run(load(text), context).as_json(context.job_id))
