"""What pages show in a real Chromium, and where they may not lead it."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from chains.browser import BrowserError, Shown
from chains.browser.visits import Format
from oql.context import CancelFlag
from tests.chains.browser.conftest import visits
from tests.outbound.servers import Answer, Asked, Web

pytestmark = pytest.mark.slow

Visit = Callable[..., Shown]

HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture(scope="module")
def visit(web: Web) -> Iterator[Visit]:
    """Opens a page of `web` in a browser that these tests share: `visit("/path", format, scroll=..., wait_ms=...)`."""
    with visits(web) as opened:

        def open_(path: str, format_: Format = "text", **given: Any) -> Shown:
            return opened.open(path if "//" in path else web.url + path, format_, **given)

        yield open_


def page(body: str, status: int = 200, head: str = "", **headers: str) -> Answer:
    text = f"<!doctype html><html><head><title>A page</title>{head}</head><body>{body}</body></html>"
    return Answer(status, HTML | headers, text.encode())


def test_the_text_is_what_scripts_have_made_of_the_page(visit: Visit, web: Web) -> None:
    web.answers["/"] = page("<p>one</p><p style='display:none'>hidden</p><div id=d></div>"
                            "<script>setTimeout(() => d.innerText = 'later', 50)</script>")  # fmt: skip
    shown = visit("/", wait_ms=600)
    assert (shown.content, shown.title, shown.url, shown.status) == ("one\n\nlater", "A page", f"{web.url}/", 200)
    assert shown.blocked == ()


MARKED = """<nav><a href="/x">Home</a></nav><h1>The  <em>title</em></h1>
<p>Some <b>bold</b> and <code>code</code>,<br>with a <a href="https://example.com/a?b">link</a>.</p>
<ul><li>one</li><li>two<ul><li>inner</li></ul></li></ul><ol start=3><li>c</li></ol>
<pre>  kept
as is</pre><blockquote><p>said</p></blockquote><table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td></tr></table>
<script>var x = 1</script><style>p {}</style><p hidden>no</p><a href="javascript:alert(1)">click</a>"""
MARKDOWN = """[Home]({url}/x)

# The *title*

Some **bold** and `code`,
with a [link](https://example.com/a?b).

- one
- two
  - inner

3. c

```
  kept
as is
```

> said

| a | b\\|c |
| --- | --- |
| 1 |  |

click"""


def test_markdown(visit: Visit, web: Web) -> None:
    web.answers["/"] = page(MARKED)
    content = visit("/", "markdown").content
    assert [line.rstrip() for line in content.split("\n")] == MARKDOWN.format(url=web.url).split("\n")


def test_json_has_title_text_and_links(visit: Visit, web: Web) -> None:
    web.answers["/"] = page('<p>Hi</p><a href="/a">A  link</a> <a href="mailto:x@y.z">mail</a>')
    assert visit("/", "json").content == {
        "url": f"{web.url}/",
        "title": "A page",
        "text": "Hi\n\nA link mail",
        "links": [{"text": "A link", "url": f"{web.url}/a"}],
    }


def test_a_picture_shows_the_window_or_the_whole_page(visit: Visit, web: Web) -> None:
    web.answers["/"] = page("<div style='height:1500px;background:#00f'></div>", head="<style>*{margin:0}</style>")
    for scroll, height in (("auto", 300), ("full", 1500)):
        with Image.open(io.BytesIO(visit("/", "screenshot", scroll=scroll).content)) as picture:
            assert picture.size == (400, height)
            assert picture.convert("RGB").getpixel((5, height - 5)) == (0, 0, 255)


def test_scrolling_lets_a_page_load_more(visit: Visit, web: Web) -> None:
    script = "addEventListener('scroll', () => { if (scrollY > 1000) d.innerText = 'bottom' })"
    web.answers["/"] = page(f"<div id=d style='height:2000px'>top</div><script>{script}</script>")
    assert visit("/").content == "top"
    assert visit("/", scroll="auto").content == "bottom"


def test_redirects_are_followed_where_the_guard_lets_them(visit: Visit, web: Web, other: Web) -> None:
    web.answers |= {"/in": Answer(302, {"Location": "/there"}), "/out": Answer(302, {"Location": f"{other.url}/x"}),
                    "/there": page("there")}  # fmt: skip
    shown = visit("/in")
    assert (shown.content, shown.url) == ("there", f"{web.url}/there")
    with pytest.raises(BrowserError, match="is not a public host"):
        visit("/out")
    assert other.asked == []


def test_no_part_of_a_page_reaches_what_the_guard_refuses(visit: Visit, web: Web, other: Web) -> None:
    at = other.url
    web.answers["/"] = page(
        f"<img src='{at}/img'><link rel=stylesheet href='{at}/css'><iframe src='{at}/frame'></iframe>"
        f"<script src='{at}/js'></script><link rel=prefetch href='{at}/prefetch'><img src='{web.url}/redirect'>"
        f'<script>const late = \'fetch("{at}/worker", {{mode: "no-cors"}})\';'
        f"fetch('{at}/fetch', {{mode: 'no-cors'}}); new WebSocket('ws://{other.at}/ws');"
        f"navigator.sendBeacon('{at}/beacon', 'x'); window.open('{at}/pop');"
        "new Worker(URL.createObjectURL(new Blob([late])));"
        f"fetch('http://localhost:{other.port}/name'); fetch('http://[::1]:{other.port}/six');"
        "fetch('http://169.254.169.254/latest/meta-data');"
        "fetch('file:///etc/passwd').then(() => document.write('read'))</script>"
    )
    web.answers["/redirect"] = Answer(302, {"Location": f"{at}/redirected"})
    shown = visit("/", wait_ms=1_500)
    assert other.asked == []
    assert "read" not in shown.content
    assert {reason.split("`")[1] for reason in shown.blocked} == {"127.0.0.1", "localhost", "[::1]", "169.254.169.254"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("file:///etc/passwd", "expected a URL with https or http, found `file`"),
        ("chrome://version", "expected a URL with https or http, found `chrome`"),
        ("http://127.0.0.1:2/", "`127.0.0.1` is not a public host"),
        ("https://user:key@example.com/", "a URL with a user or password in it is not allowed"),
        ("about:blank", "expected a URL such as"),
    ],
)
def test_urls_that_nobody_may_open(visit: Visit, url: str, told: str) -> None:
    with pytest.raises(BrowserError, match=told):
        visit(url if "//" in url else f"{url}//")


def test_a_file_is_no_page(visit: Visit, web: Web) -> None:
    web.answers["/file"] = Answer(200, {"Content-Disposition": "attachment", "Content-Type": "application/zip"}, b"PK")
    with pytest.raises(BrowserError, match="the URL leads to a file and not to a page"):
        visit("/file")


def test_a_page_with_an_error_is_a_page(visit: Visit, web: Web) -> None:
    web.answers["/"] = page("not here", 404)
    shown = visit("/")
    assert (shown.status, shown.content) == (404, "not here")


def test_an_endless_script_ends_in_time(web: Web) -> None:
    web.answers["/"] = page("<script>onload = () => setTimeout(() => { while (true) {} })</script>")
    ends = time.monotonic() + 3
    with visits(web, lambda: ends - time.monotonic()) as opened, pytest.raises(BrowserError) as failure:
        opened.open(f"{web.url}/", "text", wait_ms=10_000)
    assert failure.value.timed_out
    assert failure.value.message.startswith("the page was not there within ")


def test_an_endless_download_ends_in_time(web: Web) -> None:
    going = threading.Event()

    def endless(_: Asked) -> Answer:
        going.wait(20)
        return Answer()

    web.answers["/slow"] = endless
    web.answers["/"] = page("<script src=/slow></script>never")
    ends = time.monotonic() + 3
    with visits(web, lambda: ends - time.monotonic()) as opened, pytest.raises(BrowserError) as failure:
        opened.open(f"{web.url}/", "text")
    going.set()
    assert failure.value.timed_out


def test_whoever_cancels_ends_the_browser(web: Web) -> None:
    cancel = CancelFlag()

    def cancelling(_: Asked) -> Answer:
        cancel.set()
        return page("<script>while (true) {}</script>")

    web.answers["/"] = cancelling
    with visits(web, cancel=cancel) as opened, pytest.raises(BrowserError):
        opened.open(f"{web.url}/", "text")


def test_each_browser_is_new(web: Web) -> None:
    web.answers["/"] = page("<script>document.write(document.cookie || 'none'); document.cookie = 'a=1'</script>")
    with visits(web) as opened:
        assert [opened.open(f"{web.url}/", "text").content for _ in range(2)] == ["none", "a=1"]
    with visits(web) as opened:
        assert opened.open(f"{web.url}/", "text").content == "none"
    assert all("proxy-authorization" not in asked.headers for asked in web.asked)
