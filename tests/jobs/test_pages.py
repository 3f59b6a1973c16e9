"""The link for people: its page changes nothing, one answer counts, and nobody makes up or reuses a link."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from tests.http.running import Server, accounts_of
from tests.http.test_bodies import problem
from tests.jobs.asking import FORM, QUESTION, at_once, confirm, in_time, job, reached, statuses, waiting
from tests.jobs.conftest import EVE

ASKED = f'{FORM} AFTER EMIT ?name & " " & ?age'
_HIDDEN = re.compile(r'name="-csrf" value="([^"]*)"')


def link(client: httpx.Client, program: str) -> tuple[str, str]:
    """The id of a job that waits for a person, and its link."""
    job_id = waiting(client, program)
    return job_id, str(job(client, job_id)["gather_url"])


def opened(url: str) -> str:
    """The hidden field of a page."""
    answer = httpx.get(url)
    assert answer.status_code == 200
    return unescape(_HIDDEN.findall(answer.text)[0])


def send(url: str, hidden: str | None = None, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
    """What the page of a link sends when its button is pressed."""
    data = {"-csrf": opened(url) if hidden is None else hidden, **fields}
    return httpx.post(url, data=data, headers=headers, timeout=60)


def title(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return unescape(re.findall("<title>(.*?)</title>", answer.text)[0])


def test_a_form_is_filled_in(client: httpx.Client) -> None:
    job_id, url = link(client, ASKED)
    answer = send(url, name="Ada <x>", age="36")
    assert (answer.status_code, title(answer)) == (200, "Thank you")
    assert reached(client, job_id, "complete", "error")["result"] == "Ada <x> 36"
    again = send(url, hidden="x", name="Eve")
    assert (again.status_code, title(again)) == (409, "Already answered")
    shown = httpx.get(url)
    assert (shown.status_code, title(shown)) == (409, "Already answered")


def test_wrong_answers_are_shown_again_with_what_is_wrong(client: httpx.Client) -> None:
    job_id, url = link(client, ASKED)
    answer = send(url, name='A "quoted" name', age="old")
    assert (answer.status_code, title(answer)) == (400, "Error: A form to fill in")
    assert "A &quot;quoted&quot; name" in answer.text
    assert "Expected a number" in answer.text
    assert job(client, job_id)["status"] == "suspended"
    hidden = unescape(_HIDDEN.findall(answer.text)[0])
    assert send(url, hidden, name="Ada", age="1").status_code == 200


@pytest.mark.parametrize(
    ("approved", "shown", "state"), [("true", "Approved", "complete"), ("false", "Rejected", "error")]
)
def test_a_question(client: httpx.Client, approved: str, shown: str, state: str) -> None:
    job_id, url = link(client, f"{QUESTION} AFTER EMIT 1")
    answer = send(url, approved=approved, reason="")
    assert (answer.status_code, title(answer)) == (200, shown)
    assert reached(client, job_id, "complete", "error")["status"] == state


def test_opening_a_link_changes_nothing(client: httpx.Client) -> None:
    job_id, url = link(client, QUESTION)
    for method in ("GET", "HEAD", "GET"):
        answer = httpx.request(method, url + "?approved=true")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    found = job(client, job_id)
    assert (found["status"], found["attempts"]) == ("suspended", 1)


def test_a_page_of_another_site_sends_nothing(client: httpx.Client) -> None:
    job_id, url = link(client, QUESTION)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert send(url, approved="true", headers=headers).status_code == 403
    without = send(url, hidden="", approved="true", reason="typed before")
    assert without.status_code == 400
    assert "typed before" in without.text
    other = opened(link(client, QUESTION)[1])
    assert send(url, hidden=other, approved="true").status_code == 400
    assert job(client, job_id)["status"] == "suspended"
    assert send(url, approved="true", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_links_that_lead_nowhere(client: httpx.Client) -> None:
    _, url = link(client, QUESTION)
    begin, token = url.rsplit("/", 1)
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    for wrong in (changed, token[:-1], token + "A", token + "=", "x", "A" * 5_000, opened(url), "%C3%A4"):
        answer = httpx.get(f"{begin}/{wrong}")
        assert (answer.status_code, title(answer)) == (404, "Nothing here"), wrong
        assert send(f"{begin}/{wrong}", hidden="x", approved="true").status_code == 404


def test_what_the_time_has_passed_or_was_cancelled(client: httpx.Client) -> None:
    _, late = link(client, 'CONFIRM "In time?" ON "300ms" OR RETURN "late"')
    hidden = opened(late)
    cancelled_id, cancelled = link(client, QUESTION)
    client.delete(f"/v1/job/{cancelled_id}")
    in_time(0.4)
    for url, shown in ((late, "Too late"), (cancelled, "No longer needed")):
        for answer in (httpx.get(url), send(url, hidden, approved="true")):
            assert (answer.status_code, title(answer)) == (410, shown)


def test_of_many_answers_by_link_and_by_program_one_counts(client: httpx.Client) -> None:
    job_id, url = link(client, ASKED)
    hidden = opened(url)

    def act(number: int) -> httpx.Response:
        if number % 2:
            return confirm(client, job_id, fields={"name": f"n{number}", "age": number})
        return send(url, hidden, name=f"n{number}", age=str(number))

    answers = at_once(16, act)
    assert statuses(answers) == {200: 1, 409: 15}
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert reached(client, job_id, "complete", "error")["result"] == f"n{winner} {winner}"


def test_a_disabled_account_has_no_links(server: Server, eve: httpx.Client) -> None:
    _, url = link(eve, QUESTION)
    accounts = accounts_of(server)
    accounts.disable(EVE[0])
    assert httpx.get(url).status_code == 404
    accounts.disable(EVE[0], disabled=False)
    assert httpx.get(url).status_code == 200
    accounts.close()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"{}", "application/json", 415), (b"a=1", "", 415), (b"a=\xff", "application/x-www-form-urlencoded", 400),
     (b"a=1&" * 10_001, "application/x-www-form-urlencoded", 400),
     (b"a" * (2**20 + 1), "application/x-www-form-urlencoded", 413)],
)  # fmt: skip
def test_bodies_that_are_no_form(client: httpx.Client, body: bytes, content_type: str, status: int) -> None:
    _, url = link(client, QUESTION)
    headers: Any = {"Content-Type": content_type} if content_type else {}
    problem(httpx.post(url, content=body, headers=headers), status)
