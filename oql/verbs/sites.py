"""Verbs that shape the answer of a site.

This build only declares them, so that programs that use them parse and check.
"""

from oql.values import Value
from oql.verbs.declare import Any, Family, Number, Text, Whole

family = Family("sites", "Sites", options={"effect": "outside", "needs": "site mode", "acts": True})


@family.verb("HEADER")
def header(name: Text, *, as_: Any) -> Value:
    """Sets a header of the answer."""


@family.verb("STATUS")
def status(code: Whole) -> Value:
    """Sets the status of the answer."""


@family.verb("REDIRECT")
def redirect(url: Text, *, as_: Whole = 302) -> Value:
    """Sends the browser to another URL, with status 301, 302, 303, 307 or 308."""


@family.verb("COOKIE")
def cookie(name: Text, *, as_: Any, with_: Text = "/", on: Number | None = None) -> Value:
    """Sets a cookie, WITH its path and ON how many seconds it lives."""


@family.verb("COOKIE DELETE")
def cookie_delete(name: Text) -> Value:
    """Makes the browser forget a cookie."""
