"""The guest book of the examples in a real Chromium: register, sign with a picture, sign out, sign in."""

from collections.abc import Iterator

import pytest

from tests.cli.calling import oql
from tests.http.running import Server, running
from tests.people.browser import Browser, chromium, executable

pytestmark = pytest.mark.slow

HOSTILE = "<script>document.title=\"owned\"</script><img src=x onerror='document.title=1'>\n'\"&amp;"
SUBMIT = """(fields => {
  const form = document.forms[document.forms.length - 1];
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
  const canvas = document.createElement('canvas');
  canvas.width = 40; canvas.height = 20;
  const send = () => form.querySelector('button').click();
  if (!form.elements.picture) return send();
  canvas.toBlob(blob => {
    const chosen = new DataTransfer();
    chosen.items.add(new File([blob], '../../index.oql', {type: blob.type}));
    form.elements.picture.files = chosen.files;
    send();
  }, 'image/png');
})"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the guest book, of which the last visitor's form is filled in."""
    with running(tmp_path_factory.mktemp("book") / "data") as server:
        done = oql("site", "publish", "examples/guestbook", "--account", "test", "--data", server.data)
        assert (done.code, done.out.splitlines()[0]) == (0, "site guestbook of test: 2 files")
        yield server


@pytest.fixture
def browser(book: Server) -> Iterator[Browser]:
    path = executable()
    assert path is not None
    with chromium(path) as started:
        started.look_like(900, 900, dark=False)
        started.open(f"http://guestbook.localhost:{book.port}/")
        yield started


def send(browser: Browser, form: str = "", **fields: str) -> None:
    """Fills in the last form of the page, or the one with this action, sends it, and waits for the next page."""
    if form:
        browser.evaluate(f"document.body.append(document.querySelector('form[action=\"{form}\"]'))")
    browser.go(f"{SUBMIT}({fields!r})")


def shown(browser: Browser) -> str:
    return str(browser.evaluate("document.body.innerText"))


def test_the_guest_book(browser: Browser, book: Server) -> None:
    assert "Nobody has signed yet." in shown(browser)
    send(browser, "/register", name='Ada "<b>', password="short")
    assert "Sorry:" in shown(browser)
    assert browser.evaluate("document.querySelector('[action$=\"/register\"] [name=name]').value") == 'Ada "<b>'
    send(browser, "/register", name="Ada <b>", password="correct horse")
    assert "Signed in as Ada <b>" in shown(browser)
    send(browser, text=HOSTILE)
    assert browser.evaluate("document.querySelector('.words').textContent").replace("\r", "") == HOSTILE
    assert browser.evaluate("document.title") == "Guest book"
    assert browser.evaluate("document.images.length") == 1
    assert browser.evaluate("document.images[0].naturalWidth") == 40
    assert browser.evaluate("document.scripts.length") == 0
    assert browser.evaluate("document.cookie") == ""  # the session is for the server only

    send(browser, "/logout")
    assert "Sign in" in shown(browser)
    send(browser, "/register", name="ada <B>", password="another horse")
    assert "Sorry: this name is taken." in shown(browser)
    send(browser, "/login", name="Ada <b>", password="wrong horse")
    assert "Sorry: the name or the password is not right." in shown(browser)
    send(browser, "/login", name="Ada <b>", password="correct horse")
    assert "Signed in as Ada <b>" in shown(browser)
    assert [line for line in book.lines() if line["event"] in ("fault", "site failed")] == []


@pytest.mark.parametrize("width", [320, 900])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_its_window(browser: Browser, width: int, dark: bool) -> None:
    browser.look_like(width, 800, dark=dark)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    expected = "rgb(22, 22, 22)" if dark else "rgb(255, 255, 255)"
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == expected


def test_a_form_from_another_site(browser: Browser, book: Server) -> None:
    page = f"data:text/html,<form method=post action=http://guestbook.localhost:{book.port}/logout><button>x</button></form>"
    browser.open(page)
    send(browser)
    assert shown(browser) == "This form was sent from another site."
