"""The pages on which a person answers, as their HTML and their headers say it."""

import base64
import hashlib
from typing import Any

import pytest

from server.landing import Landing
from server.people import pages as gather
from tests.people.markup import Element, by_id, elements, named
from tests.people.shown import FORM, HOSTILE, QUESTION

PROBLEMS = {
    "name": "an answer is required",
    "gift": "an answer is required: yes or no",
    "size": "expected one",
    "country": "expected one",
    "": "sent twice",
    "other": "not a field of the form",
}
GIVEN = {"name": "Ada", "size": "M", "country": "Chad"}
ALL_PAGES = {
    "form": gather.page(FORM, "/gather/t", "c"),
    "form with problems": gather.page(FORM, "/gather/t", "c", GIVEN, PROBLEMS, 0.0),
    "question": gather.page(QUESTION, "/gather/t", "c"),
    "question with problems": gather.page(QUESTION, "/", "c", {}, {"reason": "too long", "approved": "required"}, 0.0),
    "thanks": gather.THANKS.page,
    **{state: notice.page for state, notice in gather.NOTICES.items()},
}
every_page = pytest.mark.parametrize("page", list(ALL_PAGES.values()), ids=list(ALL_PAGES))


def controls(page: str) -> list[Element]:
    return [
        element
        for element in elements(page)
        if element.tag in ("input", "select", "textarea") and element.attributes.get("type") != "hidden"
    ]


def form_page(values: dict[str, Any] | None = None, problems: dict[str, str] | None = None) -> str:
    return gather.page(FORM, "/gather/t", "c", values, problems)


@every_page
def test_every_control_has_a_label_of_its_own(page: str) -> None:
    labels = {label.attributes["for"]: label.text for label in named(page, "label")}
    assert {control.attributes["id"] for control in controls(page)} == set(labels)
    assert all(labels.values())


@every_page
def test_every_page_has_a_language_a_title_and_one_heading(page: str) -> None:
    (root,), (title,), (heading,) = named(page, "html"), named(page, "title"), named(page, "h1")
    assert root.attributes["lang"] == "en"
    assert title.text.removeprefix("Error: ") == heading.text


@every_page
def test_every_reference_leads_to_an_element(page: str) -> None:
    ids = by_id(page)
    for element in elements(page):
        for name in ("aria-describedby", "aria-labelledby"):
            assert element.attributes.get(name) in {None, *ids}
        if element.tag == "a":
            assert (element.attributes["href"] or "").removeprefix("#") in ids


@every_page
def test_no_page_has_scripts_or_styles_in_attributes(page: str) -> None:
    assert named(page, "script") == []
    for element in elements(page):
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"]


@every_page
def test_the_policy_permits_the_style_of_every_page_and_nothing_else(page: str) -> None:
    style = "".join(named(page, "style")[0].pieces)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert gather.HEADERS["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def test_no_page_is_kept_or_tells_its_address() -> None:
    assert gather.HEADERS["Cache-Control"] == "no-store"
    assert gather.HEADERS["Referrer-Policy"] == "no-referrer"


def test_the_page_at_the_root_sends_no_forms() -> None:
    landing = Landing("http://127.0.0.1", development=True)
    assert "form-action 'none'" in landing._headers["Content-Security-Policy"]


def test_every_kind_of_field_has_its_control() -> None:
    shown = [(c.tag, c.attributes.get("type"), c.attributes["name"]) for c in controls(form_page())]
    assert shown == [
        ("input", "text", "name"),
        ("input", "email", "mail"),
        ("input", "text", "count"),
        ("input", "date", "day"),
        *[("input", "radio", "gift")] * 2,
        *[("input", "radio", "news")] * 3,
        *[("input", "radio", "size")] * 3,
        ("select", None, "country"),
    ]


def test_choices_are_a_group_with_a_legend() -> None:
    legends = {legend.text for legend in named(form_page(), "legend")}
    assert legends == {"Is it a gift? (required)", "Send news (optional)", "Size (required)"}
    for radio in (c for c in controls(form_page()) if c.attributes.get("type") == "radio"):
        assert "fieldset" in [around.tag for around in radio.inside]


def test_what_is_required_says_so_in_words() -> None:
    ids = by_id(form_page())
    labels = {label.attributes["for"]: label.text for label in named(form_page(), "label")}
    assert labels["field-name"] == "Name (required)"
    assert labels["field-day"] == "Deliver on (optional)"
    assert "required" in ids["field-name"].attributes
    assert "required" not in ids["field-day"].attributes


def test_a_form_is_sent_to_its_own_address_with_the_hidden_field() -> None:
    page = gather.page(FORM, "/gather/a-token", "digest")
    (form,) = named(page, "form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/gather/a-token")
    hidden = [element for element in named(page, "input") if element.attributes["type"] == "hidden"]
    posted = {str(element.attributes["name"]): str(element.attributes["value"]) for element in hidden}
    assert gather.sent({**posted, "name": "Ada"}) == ("digest", {"name": "Ada"})


def test_an_answer_without_the_hidden_field_has_none() -> None:
    assert gather.sent({"name": "Ada"}) == ("", {"name": "Ada"})
    assert gather.sent({gather.CSRF_FIELD: ["a", "b"]}) == ("", {})


def test_what_was_sent_stands_there_again() -> None:
    page = form_page({"name": 'A "b"', "gift": "false", "size": "M", "country": "Chad", "day": ["a", "b"]})
    ids = by_id(page)
    assert ids["field-name"].attributes["value"] == 'A "b"'
    assert ids["field-day"].attributes["value"] == ""
    assert [c.attributes["value"] for c in controls(page) if "checked" in c.attributes] == ["false", "", "M"]
    assert [option.text for option in named(page, "option") if "selected" in option.attributes] == ["Chad"]


def test_what_is_wrong_is_said_at_the_top_and_at_the_field() -> None:
    page = form_page({}, PROBLEMS)
    ids = by_id(page)
    assert named(page, "title")[0].text == "Error: Order a shirt"
    summary = next(element for element in elements(page) if element.attributes.get("role") == "alert")
    assert "autofocus" in summary.attributes
    assert [line.text for line in named(page, "li")] == [
        "Name: an answer is required",
        "Is it a gift? an answer is required: yes or no",
        "Size: expected one",
        "Country: expected one",
        "Sent twice",
        "other: not a field of the form",
    ]
    links = [link.attributes["href"] for link in named(page, "a")]
    assert links == ["#field-name", "#field-gift", "#field-size", "#field-country"]
    assert ids["field-name"].attributes["aria-invalid"] == "true"
    assert ids["field-name"].attributes["aria-describedby"] == "problem-name"
    assert ids["problem-name"].text == "Error: An answer is required"
    (size,) = [box for box in named(page, "fieldset") if box.attributes.get("aria-describedby") == "problem-size"]
    assert size.tag == "fieldset"
    assert "aria-invalid" not in ids["field-mail"].attributes


def test_a_question_can_be_approved_or_rejected() -> None:
    page = gather.page(QUESTION, "/gather/t", "c", {"reason": "\nline\n<b>"})
    buttons = [(b.text, b.attributes["name"], b.attributes["value"]) for b in named(page, "button")]
    assert buttons == [("Approve", "approved", "true"), ("Reject", "approved", "false")]
    assert "".join(by_id(page)["prompt"].pieces) == QUESTION["prompt"]
    assert "".join(by_id(page)["field-reason"].pieces).removeprefix("\n") == "\nline\n<b>"


def test_a_deadline_is_shown() -> None:
    (time,) = named(gather.page(QUESTION, "/", "c", deadline=1_767_225_600.0), "time")
    assert (time.text, time.attributes["datetime"]) == ("1 January 2026, 00:00 UTC", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize("kind", ["text", "email", "number", "date", "boolean", "choice"])
@pytest.mark.parametrize("count", [1, 9])
def test_no_text_becomes_markup(kind: str, count: int) -> None:
    choices = [f"{HOSTILE}{number}" for number in range(count)]
    field = {"name": "f", "label": HOSTILE, "kind": kind, "required": False, "choices": choices}
    plain = gather.page({"title": "t", "fields": [{**field, "label": "l", "choices": choices}]}, "/", "c")
    page = gather.page({"title": HOSTILE, "fields": [field]}, HOSTILE, HOSTILE, {"f": HOSTILE}, {"f": HOSTILE})
    assert {element.tag for element in elements(page)} <= {e.tag for e in elements(plain)} | {
        "h2",
        "ul",
        "li",
        "a",
        "p",
    }
    assert named(page, "h1")[0].text == HOSTILE
    assert named(page, "title")[0].text == f"Error: {HOSTILE}"
    assert named(page, "form")[0].attributes["action"] == HOSTILE


def test_no_text_of_a_question_becomes_markup() -> None:
    page = gather.page({"prompt": HOSTILE}, "/", "c", {"reason": HOSTILE}, {"reason": HOSTILE, HOSTILE: HOSTILE})
    assert named(page, "script") == []
    assert by_id(page)["prompt"].text == HOSTILE
    assert by_id(page)["field-reason"].text == HOSTILE


def test_each_state_has_its_page() -> None:
    statuses = {state: notice.status for state, notice in gather.NOTICES.items()}
    assert statuses == {"answered": 409, "expired": 410, "cancelled": 410, "unknown": 404}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"sec-fetch-site": "none"},
        {"Origin": "null", "Host": "oql.example"},
        {"Origin": "https://OQL.example", "Host": "oql.example"},
        {"origin": "http://127.0.0.1:8080", "host": "127.0.0.1:8080"},
    ],
)
def test_a_request_that_comes_from_no_other_site(headers: dict[str, str]) -> None:
    assert not gather.is_cross_site(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://evil.oql.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://oql.example", "Host": "oql.example"},
        {"Origin": "https://evil.example", "Host": "oql.example"},
        {"Origin": "https://oql.example.evil", "Host": "oql.example"},
        {"Origin": "https://oql.example:8443", "Host": "oql.example"},
        {"Origin": "", "Host": "oql.example"},
    ],
)
def test_a_request_from_another_site(headers: dict[str, str]) -> None:
    assert gather.is_cross_site(headers)
