"""The page at `/`: what this server is, and one line to paste."""

import html
import json
import shlex

import falcon.asgi

import oql
from server.pages import document, page_headers
from server.request import Request

_MAIN = """<h1>OQL {version}</h1>
<p>One POST is your backend. Send a program to <code>/v1/query</code>; it is checked as a whole, run with a
trace, and its result comes back as JSON.</p>
<h2>Try it</h2>
<pre><code>{curl}</code></pre>
{account}
<h2>More</h2>
<ul>
<li>Workflows in YAML are saved at <code>/chains</code>; tables and searches are below
<code>/v1/tenants</code></li>
<li><a href="openapi.json">openapi.json</a>: every route, for machines</li>
<li><a href="health">health</a>, <a href="ready">ready</a>,
<a href="metrics">metrics</a>: for operators</li>
<li>The documentation is the folder <code>docs/</code> of the distribution; <code>oql verbs</code> lists the
language's verbs, and <code>oql repl</code> runs programs in a terminal.</li>
</ul>"""

_DEVELOPMENT = (
    "<p>This is a development server: the account <code>test</code> with the password <code>test</code> "
    "works, is shared, and must not hold anything sensitive.</p>"
)


def curl_line(base_url: str, username: str = "test", password: str = "test") -> str:  # noqa: S107 - the public test account
    """A command that runs `EMIT "Hello"` on the server when pasted into a shell."""
    body = json.dumps({"auth": {"username": username, "password": password}, "query": 'EMIT "Hello"'})
    header = shlex.quote("Content-Type: application/json")
    return f"curl -s {shlex.quote(base_url + '/v1/query')} -H {header} -d {shlex.quote(body)}"


class Landing:
    """The responder of `/`. The page is made once; its addresses come from the settings, not a request."""

    def __init__(self, base_url: str, *, development: bool) -> None:
        account = () if development else ("your-username", "your-password")
        main = _MAIN.format(
            version=html.escape(oql.__version__),
            curl=html.escape(curl_line(base_url, *account)),
            account=_DEVELOPMENT if development else "",
        )
        self._page = document("OQL", main).encode()
        self._headers = page_headers()

    async def page(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """A page for people."""
        resp.content_type = "text/html; charset=utf-8"
        resp.set_headers(self._headers)
        resp.data = self._page
