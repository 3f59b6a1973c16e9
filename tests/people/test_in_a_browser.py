"""The pages in a real Chromium, used by keyboard alone. Left out, and reported as such, where there is none."""

from collections.abc import Iterator

import pytest

from tests.people.browser import Browser, chromium, executable
from tests.people.shown import FORM, HOSTILE, QUESTION
from tests.people.site import Site, serving

pytestmark = pytest.mark.slow

ENTER, SPACE = ("Enter", 13, "\r"), (" ", 32, " ")
DOWN = ("ArrowDown", 40, "")
LONG = "word" * 200


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = executable()
    assert path is not None
    with chromium(path) as started:
        yield started


@pytest.fixture
def site() -> Iterator[Site]:
    field = {"name": "f", "label": LONG, "kind": "choice", "required": True, "choices": [LONG, HOSTILE]}
    listed = {**field, "name": "g", "choices": [f"{LONG}{number}" for number in range(9)]}
    shown = {"/form": FORM, "/question": QUESTION, "/long": {"title": LONG, "fields": [field, listed]}}
    with serving(shown) as served:
        yield served


def test_a_form_is_answered_by_keyboard(browser: Browser, site: Site) -> None:
    browser.open(f"{site.url}/form")
    browser.tab()
    browser.type("Ada")
    browser.tab()
    browser.type("ada@example.com")
    browser.tab()
    browser.type("2")
    for _ in range(5):  # month, day and year of the date, the button that opens its calendar, the first radio
        browser.tab()
    assert browser.evaluate("document.activeElement.name") == "gift"
    browser.press(*SPACE)
    browser.tab()
    browser.tab()
    browser.press(*DOWN)
    browser.submit_with(*ENTER)
    assert browser.evaluate("document.title") == "Thank you"
    assert site.answers == [
        {"name": "Ada", "mail": "ada@example.com", "count": 2, "day": None, "gift": True, "news": None, "size": "M",
         "country": None}
    ]  # fmt: skip


def test_after_a_problem_the_focus_is_on_the_summary_and_its_link_leads_to_the_field(
    browser: Browser, site: Site
) -> None:
    browser.open(f"{site.url}/form")
    for _ in range(3):
        browser.tab()
    browser.type("three")
    browser.submit_with(*ENTER)
    assert browser.evaluate("document.title") == "Error: Order a shirt"
    assert browser.evaluate("document.activeElement.className") == "summary"
    for _ in range(3):
        browser.tab()
    browser.press(*ENTER)
    assert browser.evaluate("document.activeElement.name") == "count"
    assert browser.evaluate("document.getElementById('field-count').value") == "three"
    assert site.answers == []


@pytest.mark.parametrize(("tabs", "approved"), [(2, True), (3, False)])
def test_a_question_is_decided_by_keyboard(browser: Browser, site: Site, tabs: int, approved: bool) -> None:
    browser.open(f"{site.url}/question")
    browser.tab()
    browser.type("because")
    for _ in range(tabs - 1):
        browser.tab()
    browser.submit_with(*ENTER)
    assert site.answers == [{"approved": approved, "reason": "because"}]


def test_what_the_browser_says_of_itself_is_taken_for_the_same_site(browser: Browser, site: Site) -> None:
    browser.open(f"{site.url}/question")
    browser.tab()
    browser.tab()
    browser.submit_with(*ENTER)
    (headers,) = site.headers
    assert headers["Origin"] == "null"
    assert headers["Sec-Fetch-Site"] == "same-origin"
    assert "Referer" not in headers


def test_assistive_technology_gets_names_groups_and_states(browser: Browser, site: Site) -> None:
    browser.open(f"{site.url}/form")
    shown = browser.accessible()
    for role, name in [
        ("heading", "Order a shirt"),
        ("textbox", "Name (required)"),
        ("textbox", "Email address (required)"),
        ("Date", "Deliver on (optional)"),
        ("group", "Is it a gift? (required)"),
        ("radio", "Yes"),
        ("combobox", "Country (optional)"),
        ("button", "Send"),
    ]:
        assert (role, name) in shown


@pytest.mark.parametrize("path", ["/form", "/question", "/long"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_its_window(browser: Browser, site: Site, width: int, path: str) -> None:
    browser.look_like(width, 800, dark=False)
    browser.open(site.url + path)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


_RATIO = """(() => {
  const light = c => { const p = c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126*p[0] + .7152*p[1] + .0722*p[2] };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c)) return c } return 'rgb(255, 255, 255)' };
  return Math.min(...[...document.querySelectorAll('h1, label, legend, .mark, .problem, button, a, p, time')].map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    return (a + .05) / (b + .05) })) })()"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", ["/form", "/question"])
def test_every_text_has_contrast(browser: Browser, site: Site, path: str, dark: bool) -> None:
    browser.look_like(1280, 800, dark=dark)
    browser.open(site.url + path)
    if path == "/form":
        browser.tab()
        browser.submit_with(*ENTER)
    expected = "rgb(22, 22, 22)" if dark else "rgb(255, 255, 255)"
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == expected
    assert browser.evaluate(_RATIO) >= 4.5
