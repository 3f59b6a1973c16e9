"""Exchange rates of the European Central Bank, from a service that speaks as Frankfurter does (frankfurter.dev/v1)."""

from typing import Any

from oql.errors import Code, failed
from oql.places.asking import HOUR, Answer, Service, ask
from oql.values import Value
from oql.verbs.run import Run


def rate(run: Run, url: str, base: str, quote: str) -> dict[str, Any]:
    """How much of `quote` one of `base` is: `{from, to, rate, date}`. Raises NetUnreachable, NetTimeout."""
    service = Service(url, "service for exchange rates")

    def read(answer: Answer) -> Value:
        match answer.value:
            case {"date": str() as date, "rates": dict() as rates} if _is_rate(rates.get(quote)):
                return {"from": base, "to": quote, "rate": rates[quote], "date": date}
        if answer.status in (400, 404, 422) or answer.status < 300:
            hint = "write both currencies as three letters, such as `USD/ZAR`"
            raise failed(Code.NET_UNREACHABLE, f"there is no rate for `{base}/{quote}`", hint)
        raise service.failed(f"answered with status {answer.status}")

    found: dict[str, Any] = ask(run, service, "/v1/latest", {"base": base, "symbols": quote}, read, HOUR)
    return found


def _is_rate(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
