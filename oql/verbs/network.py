"""Verbs that leave the machine.

This build only declares them, so that programs that use them parse and check.
"""

from typing import Literal

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Number, Object, Text

family = Family(
    "network",
    "Network",
    failure=Code.NET_UNREACHABLE,
    exec_class="Net",
    options={"effect": "outside", "touches": "url", "needs": "access to the network"},
)


@family.verb("FETCH")
def fetch(
    url: Text,
    *,
    as_: Text = "GET",
    with_: Any = None,
    attach: Object | None = None,
    on: Number | None = None,
    format_: Literal["response"] | None = None,
) -> Value:
    """Fetches a URL: JSON as its value, text, or binary, by content type.

    AS names the method, WITH gives the body, ATTACH headers, ON the seconds to wait. FORMAT "response"
    gives an object of status, headers and body whatever the status is.
    """


@family.verb("POST", names="AT")
def post(body: Any, *, at: Text, attach: Object | None = None) -> Value:
    """Sends a body to a URL and gives the answer."""


@family.verb("WEBHOOK", names="AT")
def webhook(payload: Any, *, at: Text) -> Value:
    """Delivers an object to a URL: queued, signed, and tried again until it arrives."""


@family.verb(
    "EMAIL", failure=Code.EMAIL_FAILED, block="steps", touches="email", names="TO", needs="a mail server", acts=True
)
def email(body: Text = "", *, to: Text, with_: Text) -> Value:
    """Sends a mail WITH a subject.

    The body is a text, or what its block emits; it is HTML when it begins with `<`.
    """
