"""Verbs that shape the answer of a site. Elsewhere they check what they are given, and have no effect.

`oql.sites` is loaded at first use.
"""

from oql.errors import Code, expected, unknown
from oql.values import Value
from oql.verbs.declare import Any, Family, Text, Whole, describe
from oql.verbs.run import Run
from oql.verbs.time import Duration

family = Family("sites", "Sites", options={"effect": "outside", "acts": True})

LONGEST_LIFE_S = 400 * 86_400
"""Browsers keep no cookie for longer."""
_SAME_SITE = {"lax": "Lax", "strict": "Strict", "none": "None"}


@family.verb("HEADER", examples=[('HEADER "Content-Type" AS "text/plain" AFTER EMIT "Hello"', "Hello")])
def header(run: Run, name: Text, *, as_: Any) -> Value:
    """Sets a header of the answer; set again, the last one counts."""
    from oql.sites import checked_header

    checked = checked_header(name, as_)
    if run.context.reply:
        run.context.reply.header(run.place, *checked)
    return True


@family.verb("STATUS", examples=[('STATUS 404 AFTER EMIT "There is no such page"', "There is no such page")])
def status(run: Run, code: Whole) -> Value:
    """Sets the status of the answer."""
    from oql.sites import checked_status

    checked_status(code)
    if run.context.reply:
        run.context.reply.status(run.place, code)
    return True


@family.verb("REDIRECT", examples=[('REDIRECT "/thanks" AS 303', True)])
def redirect(run: Run, url: Text, *, as_: Whole = 302) -> Value:
    """Sends the browser to another URL, with status 301, 302, 303, 307 or 308.

    A path that begins with `/` is one within the site. The program goes on; EXIT ALL ends it.
    """
    from oql.sites import checked_redirect, checked_url

    checked, code = checked_url(url), checked_redirect(as_)
    if run.context.reply:
        run.context.reply.redirect(run.place, checked, code)
    return True


@family.verb("COOKIE", examples=[('COOKIE "theme" AS "dark" ON 86400', True)])
def cookie(run: Run, name: Text, *, as_: Any, with_: Any = "/", on: Duration | None = None) -> Value:
    """Sets a cookie, WITH its path and ON how long it lives; without ON, until the browser is closed.

    It is HttpOnly and SameSite=Lax, and Secure where the server is reached by https. WITH takes an object too, of path,
    http_only, same_site ("Lax", "Strict", "None") and secure.
    """
    from oql.sites import Cookie, checked_cookie_name, cookie_value

    options = _options(with_)
    if on is not None and not 0 <= on <= LONGEST_LIFE_S:
        raise expected(Code.TYPE_FAILED, f"a life of 0 to {LONGEST_LIFE_S:,} seconds", describe(on))
    made = Cookie(checked_cookie_name(name), cookie_value(as_), seconds=None if on is None else int(on), **options)
    if run.context.reply:
        run.context.reply.cookie(run.place, made)
    return True


@family.verb("COOKIE DELETE", examples=[('COOKIE DELETE "theme"', True)])
def cookie_delete(run: Run, name: Text, *, with_: Text = "/") -> Value:
    """Makes the browser forget a cookie, WITH the path that it was set with."""
    from oql.sites import Cookie, checked_cookie_name, checked_path

    made = Cookie(checked_cookie_name(name), "", checked_path(with_), seconds=0)
    if run.context.reply:
        run.context.reply.cookie(run.place, made)
    return True


def _options(given: Value) -> dict[str, Any]:
    """The path and the attributes of a cookie from what stands behind WITH."""
    if isinstance(given, str):
        return {"path": _path("path", given)}
    if not isinstance(given, dict):
        raise expected(Code.TYPE_FAILED, "a path, or an object of attributes", describe(given))
    for name in given:
        if name not in _ATTRIBUTES:
            raise unknown(Code.TYPE_FAILED, "an attribute of a cookie", name, _ATTRIBUTES)
    options = {name: _ATTRIBUTES[name](name, value) for name, value in given.items()}
    if options.get("same_site") == "None":
        options["secure"] = True  # browsers take it in no other way
    return options


def _path(_name: str, value: Value) -> str:
    if not isinstance(value, str):
        raise expected(Code.TYPE_FAILED, "a path", describe(value))
    from oql.sites import checked_path

    return checked_path(value)


def _flag(name: str, value: Value) -> bool:
    if not isinstance(value, bool):
        raise expected(Code.TYPE_FAILED, f"true or false for `{name}`", describe(value))
    return value


def _same_site(name: str, value: Value) -> str:
    found = _SAME_SITE.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise expected(Code.TYPE_FAILED, f'"Lax", "Strict" or "None" for `{name}`', describe(value))
    return found


_ATTRIBUTES = {"path": _path, "http_only": _flag, "same_site": _same_site, "secure": _flag}
