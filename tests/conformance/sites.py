"""The answer of a site as the corpus shows it."""

from oql.engine import Outcome
from oql.sites import Reply


def as_page(outcome: Outcome, reply: Reply | None) -> Outcome:
    """How a run has ended, with the page of a site as its result where it made one.

    That is an object of status, headers, cookies where there are any, and body as text.
    """
    if reply is None or outcome.error is not None:
        return outcome
    page = reply.page(outcome.result)
    cookies = [value for name, value in page.headers if name == "Set-Cookie"]
    outcome.result = {
        "status": page.status,
        "headers": {name: value for name, value in page.headers if name != "Set-Cookie"},
        **({"cookies": cookies} if cookies else {}),
        "body": page.body.decode(),
    }
    return outcome
