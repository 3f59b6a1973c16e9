"""The pages on which a person answers: the form of a GATHER, the question of a CONFIRM, and what comes afterwards.

They work without scripts and are answered by a POST to their own address. Opening one changes nothing. Whoever has the
address may answer; a hidden field that only the page knows is sent back with the answer.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from oql.people.answers import LONGEST_REASON
from server.pages import document, page_headers
from server.people.fields import field_html, input_id, problem_text
from server.people.style import STYLE

CSRF_FIELD = "-csrf"
"""The name of the hidden field; no variable, and so no field of a form, is named like that."""

HEADERS = {
    **page_headers(STYLE, forms=True),
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
"""The headers of every page here."""

_QUESTION_TITLE = "Approve or reject"
_FORM_TITLE = "A form to fill in"


def page(
    shown: Mapping[str, Any],
    action: str,
    csrf: str,
    values: Mapping[str, Any] | None = None,
    problems: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> str:
    """The page of a form or question (`oql.people`), to be answered at the path `action`.

    `values`: what was sent before, as it was sent. `problems`: what is wrong with it by field, or as a whole under
    "". `deadline`: Unix seconds, shown in UTC.
    """
    title = _QUESTION_TITLE if "prompt" in shown else shown["title"] or _FORM_TITLE
    parts = _question if "prompt" in shown else _form
    problems = problems or {}
    main = [
        _summary(problems, _labels(shown)),
        f'<h1 dir="auto">{html.escape(title)}</h1>',
        _until(deadline),
        f'<form method="post" action="{html.escape(action)}" novalidate>',
        f'<input type="hidden" name="{CSRF_FIELD}" value="{html.escape(csrf)}">',
        *parts(shown, values or {}, problems),
        "</form>",
    ]
    return document(f"Error: {title}" if problems else title, "\n".join(filter(None, main)), STYLE)


def sent(posted: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """What a page sent, apart: its hidden field ("" where that is missing), and the fields of the answer."""
    csrf = posted.get(CSRF_FIELD, "")
    return csrf if isinstance(csrf, str) else "", {name: posted[name] for name in posted if name != CSRF_FIELD}


def _form(form: Mapping[str, Any], values: Mapping[str, Any], problems: Mapping[str, str]) -> list[str]:
    fields = [field_html(field, _given(values, field["name"]), problems.get(field["name"])) for field in form["fields"]]
    return [*fields, '<div class="buttons"><button type="submit">Send</button></div>']


def _question(question: Mapping[str, Any], values: Mapping[str, Any], problems: Mapping[str, str]) -> list[str]:
    wrong = ' aria-invalid="true" aria-describedby="problem-reason"' if "reason" in problems else ""
    problem = f'<p class="problem" id="problem-reason">{problem_text(problems["reason"])}</p>' if wrong else ""
    return [
        f'<p class="prompt" dir="auto" id="prompt">{html.escape(question["prompt"])}</p>',
        f'<div class="{"group wrong" if wrong else "group"}">',
        f'<label for="{input_id("reason")}">Reason <span class="mark">(optional)</span></label>',
        problem,
        f'<textarea id="{input_id("reason")}" name="reason" rows="3" maxlength="{LONGEST_REASON}" dir="auto"{wrong}>',
        f"{html.escape(_given(values, 'reason'))}</textarea>",
        "</div>",
        f'<div class="buttons"><button type="submit" id="{input_id("approved")}" name="approved" value="true"'
        ' aria-describedby="prompt">Approve</button>',
        '<button type="submit" name="approved" value="false" class="other" aria-describedby="prompt">Reject</button>'
        "</div>",
    ]


def _given(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else ""


def _labels(shown: Mapping[str, Any]) -> dict[str, str]:
    if "prompt" in shown:
        return {"reason": "Reason", "approved": "Decision"}
    return {field["name"]: field["label"] for field in shown["fields"]}


def _summary(problems: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """What is wrong, at the top of the page and with the focus on it: links to the fields."""
    if not problems:
        return ""
    lines = "\n".join(f"<li>{_summary_line(name, problem, labels)}</li>" for name, problem in problems.items())
    return (
        '<div class="summary" role="alert" aria-labelledby="summary" tabindex="-1" autofocus>\n'
        f'<h2 id="summary">There is a problem</h2>\n<ul>\n{lines}\n</ul>\n</div>'
    )


def _summary_line(name: str, problem: str, labels: Mapping[str, str]) -> str:
    if name in labels:
        mark = "" if labels[name].endswith(("?", "!", ".", ":")) else ":"
        return f'<a href="#{input_id(name)}"><bdi>{html.escape(labels[name])}</bdi>{mark} {html.escape(problem)}</a>'
    return f"<bdi>{html.escape(name)}</bdi>: {html.escape(problem)}" if name else problem_text(problem)


def _until(deadline: float | None) -> str:
    if deadline is None:
        return ""
    moment = datetime.fromtimestamp(deadline, UTC)
    shown = f"{moment.day} {moment:%B %Y, %H:%M} UTC"
    return f'<p class="until">Open until <time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{shown}</time>.</p>'


@dataclass(frozen=True, slots=True)
class Notice:
    """A page without a form: the HTTP status that goes with it, its title and its text."""

    status: int
    title: str
    text: str

    @property
    def page(self) -> str:
        """The page as HTML."""
        return document(self.title, f"<h1>{html.escape(self.title)}</h1>\n<p>{html.escape(self.text)}</p>", STYLE)


THANKS = Notice(200, "Thank you", "The answer has arrived. This page can be closed.")
APPROVED = Notice(200, "Approved", "The decision has arrived. This page can be closed.")
REJECTED = Notice(200, "Rejected", "The decision has arrived. This page can be closed.")
NOTICES = {
    "answered": Notice(
        409, "Already answered", "Somebody has answered before. One answer counts, and it cannot change."
    ),
    "expired": Notice(410, "Too late", "The time to answer is over."),
    "cancelled": Notice(410, "No longer needed", "What asked for the answer was cancelled."),
    "unknown": Notice(
        404, "Nothing here", "The link leads to no form. A part of it may be missing: copy it as a whole."
    ),
}
"""The page for each state of a wait that takes no answer, and for a link that leads nowhere."""


def is_cross_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a request comes from a page of another site; names of headers in any case.

    A client that is no browser sends none of these headers and is let through: the address is what permits an answer.
    `Origin: null` says nothing, since the page itself asks browsers to hide where a request comes from.
    """
    found = {name.lower(): value.strip().lower() for name, value in headers.items()}
    site = found.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = found.get("origin", "null")
    return origin != "null" and urlsplit(origin).netloc != found.get("host")
