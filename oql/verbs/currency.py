"""CURRENCY: what one currency is worth in another."""

import re
from datetime import UTC, datetime
from typing import Any as AnyType

from oql.errors import Code, expected
from oql.verbs.declare import Family, Text, describe
from oql.verbs.run import Run

family = Family(
    "currency",
    "Exchange rates",
    exec_class="Net",
    options={"effect": "read", "touches": "currency", "quick": False},
)
_PAIR = re.compile(r"\s*([A-Za-z]{3})\s*/\s*([A-Za-z]{3})\s*")


@family.verb(
    "CURRENCY",
    examples=[('CURRENCY "USD/ZAR" SET ?rate AFTER EMIT "1 USD = " & ?rate(rate) & " ZAR"', "1 USD = 18.0712 ZAR")],
)
def currency(run: Run, pair: Text) -> dict[str, AnyType]:
    """Gives the rate of a pair of currencies such as "USD/ZAR": an object of from, to, rate and the date it is of."""
    from oql.places import frankfurter  # which takes time to load, and few programs need it

    url = run.context.environment.places.url("currency", "CURRENCY")
    found = _PAIR.fullmatch(pair)
    if found is None:
        raise expected(Code.TYPE_FAILED, 'a pair of currencies such as "USD/ZAR"', describe(pair))
    base, quote = found[1].upper(), found[2].upper()
    if base == quote:
        today = datetime.fromtimestamp(run.context.now, UTC).date()
        return {"from": base, "to": quote, "rate": 1, "date": today.isoformat()}
    return frankfurter.rate(run, url, base, quote)
