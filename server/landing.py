"""The page at `/`: what this server is, and one line to paste."""

import base64
import hashlib
import html
import json
import shlex

import falcon.asgi

import oql
from server.request import Request

_STYLE = """
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif;
       color: #1c1c1c; background: #fff }
pre { padding: 1rem; background: #f2f2f2; white-space: pre-wrap; overflow-wrap: anywhere }
a { color: #0b57a4 }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #161616 }
  pre { background: #262626 }
  a { color: #8ab8f0 }
}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OQL</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>OQL {version}</h1>
<p>One POST is your backend. Send a program to <code>/v1/query</code>; it is checked as a whole, run with a
trace, and its result comes back as JSON.</p>
<h2>Try it</h2>
<pre><code>{curl}</code></pre>
{account}
<h2>More</h2>
<ul>
<li><a href="/openapi.json">openapi.json</a>: every route, for machines</li>
<li><a href="/health">health</a>, <a href="/ready">ready</a>,
<a href="/metrics">metrics</a>: for operators</li>
<li>The documentation is the folder <code>docs/</code> of the distribution; <code>oql verbs</code> lists the
language's verbs, and <code>oql repl</code> runs programs in a terminal.</li>
</ul>
</main>
</body>
</html>
"""

_DEVELOPMENT = (
    "<p>This is a development server: the account <code>test</code> with the password <code>test</code> "
    "works, is shared, and must not hold anything sensitive.</p>"
)

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}


def curl_line(base_url: str, username: str = "test", password: str = "test") -> str:  # noqa: S107 - the public test account
    """A command that runs `EMIT "Hello"` on the server when pasted into a shell."""
    body = json.dumps({"auth": {"username": username, "password": password}, "query": 'EMIT "Hello"'})
    header = shlex.quote("Content-Type: application/json")
    return f"curl -s {shlex.quote(base_url + '/v1/query')} -H {header} -d {shlex.quote(body)}"


def page_headers(style: str) -> dict[str, str]:
    """The headers of a page without scripts whose only style is the given one."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {name: value.replace("{style}", digest) for name, value in _SECURITY.items()}


class Landing:
    """The responder of `/`. The page is made once; its addresses come from the settings, not a request."""

    def __init__(self, base_url: str, *, development: bool) -> None:
        account = () if development else ("your-username", "your-password")
        self._page = _PAGE.format(
            style=_STYLE,
            version=html.escape(oql.__version__),
            curl=html.escape(curl_line(base_url, *account)),
            account=_DEVELOPMENT if development else "",
        ).encode()
        self._headers = page_headers(_STYLE)

    async def page(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """A page for people."""
        resp.content_type = "text/html; charset=utf-8"
        resp.set_headers(self._headers)
        resp.data = self._page
