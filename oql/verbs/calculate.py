"""CALCULATE, the one verb of arithmetic."""

from oql.calculate import compile_calculation, mentioned
from oql.errors import Code
from oql.verbs.declare import Family, Text
from oql.verbs.run import Run

family = Family("compute", "Compute")


@family.verb(
    "CALCULATE",
    examples=[
        ('CALCULATE "2 + 3 * 4"', 14),
        ('CALCULATE "0.1 + 0.2"', 0.3),
        ('STRING "19.90" SET ?price AFTER CALCULATE "round(?price * 1.19, 2)"', 23.68),
        ('CALCULATE "2 ^ 100"', 1267650600228229401496703205376),
    ],
    failure=Code.CALCULATE_FAILED,
    mentions=mentioned,
    prepare=compile_calculation,
    reads_text={"": compile_calculation},
)
def calculate(run: Run, expression: Text) -> int | float:
    """Computes an expression of numbers, `?variables`, operators and functions.

    Operators: `+ - * / %`, `^` for powers, parentheses. Constants: PI, E. Functions: abs, ceil, floor,
    round (with a second argument to that many digits), sqrt, pow, log (natural), log2, log10, exp, sin,
    cos, tan, asin, acos, atan, atan2 (in radians), min, max. Integers stay exact, up to 4,096 bits; other
    results have 15 significant digits.
    """
    return compile_calculation(expression).evaluate(run.variables)
