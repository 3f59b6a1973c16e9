"""No verb that takes a URL gets anywhere that is not public: not by its form, its name, a redirect, nor with secrets.

A verb joins by the declaration `touches="url"` and its line in PROGRAMS.
"""

import json

import pytest

from oql import verbs
from oql.outbound import Outbound
from tests.network.programs import failure_of, run, value_of
from tests.outbound.servers import Answer, Web, guard
from tests.outbound.test_addresses import PRIVATE, Names
from tests.outbound.test_places import CONTROLS, FORBIDDEN
from tests.outbound.test_requests import ELSEWHERE

PROGRAMS = {
    "FETCH": "FETCH {}",
    "POST": 'POST "x" AT {}',
    "WEBHOOK": 'WEBHOOK "x" AT {}',
    "INCLUDE": "INCLUDE {}",
    "IMAGE LOAD": "IMAGE LOAD {}",
}
"""How to ask each verb for a URL; those of them that this build serves are tested."""
SERVED = [name for name in PROGRAMS if not verbs.table()[name].needs]
ASKING = [name for name in SERVED if verbs.table()[name].effect != "store"]
"""Those that ask right away; a WEBHOOK is asked for later, by a worker."""
ALSO_PATHS = frozenset({"INCLUDE", "IMAGE LOAD"})
"""Verbs that take what is no URL for the path of a file."""
PLAIN = frozenset({"FETCH", "POST"})
"""Verbs to which http is as good as https."""

WRITABLE = [url for url in FORBIDDEN + CONTROLS if "\ud800" not in url]  # half of a character is no text of a program
FORMS = [
    (verb, url) for verb in SERVED for url in WRITABLE if verb not in PLAIN or not url.startswith("http://example.")
]
CODES = {"NetUnreachable"}
CODES_OF_PATHS = {"NetUnreachable", "FsReadError", "ImageFailed", "Unsupported"}
"""What a path leads to in a run without files."""


def test_every_verb_on_urls_is_here() -> None:
    declared = {name for name, verb in verbs.table().items() if verb.touches == "url"}
    assert declared <= set(PROGRAMS)
    assert {"FETCH", "POST", "WEBHOOK"} <= set(SERVED)
    assert all(sum(verb == name for verb, _ in FORMS) > 100 for name in SERVED)


@pytest.mark.parametrize(("verb", "url"), FORMS)
def test_a_forbidden_form_is_refused_before_anything_is_looked_up(verb: str, url: str) -> None:
    names = Names(["127.0.0.1"])
    outbound = Outbound(own=["own.example.com"], resolve=names)
    code, _ = failure_of(step(verb, url), outbound)
    takes_it_for_a_path = verb in ALSO_PATHS and not url.lower().startswith(("http://", "https://"))
    assert code in (CODES_OF_PATHS if takes_it_for_a_path else CODES)
    assert names.asked == []


@pytest.mark.parametrize("addresses", PRIVATE)
@pytest.mark.parametrize("verb", ASKING)
def test_a_name_that_leads_inside_is_refused(verb: str, addresses: list[str]) -> None:
    found = failure_of(step(verb, "https://rebind.example.com/"), guard(resolve=Names(addresses)))
    message = "`rebind.example.com` is not a public host; whoever runs the server may allow it"
    assert found == ("NetUnreachable", message)


@pytest.mark.parametrize("verb", ASKING)
def test_a_name_that_changes_its_mind_gets_no_second_lookup(verb: str, web: Web) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    outbound = guard([f"app.corp:{web.port}"], resolve=names)
    twice = step(verb, f"http://app.corp:{web.port}/")
    run(f"{twice} OR EMIT 1 AFTER {twice}", outbound)
    assert len(web.asked) == 2
    assert names.asked == [("app.corp", web.port)]


FOLLOWED = [url for url in FORBIDDEN if url.startswith(("http:/", "https:/")) and "own.example" not in url]


@pytest.mark.parametrize("verb", ASKING)
def test_a_redirect_leads_nowhere_else(verb: str, web: Web) -> None:
    outbound = guard([web.at], resolve=Names([]))  # for all of them: to make one takes time
    for target in ELSEWHERE + FOLLOWED:
        web.asked.clear()
        web.answers["/a"] = Answer(307, {"Location": target.format(at=web.at).encode().decode("latin-1")})
        code, message = failure_of(step(verb, f"{web.url}/a"), outbound)
        assert (code, [asked.path for asked in web.asked]) == ("NetUnreachable", ["/a"]), (target, message)


@pytest.mark.parametrize("verb", ["FETCH", "POST"])
def test_credentials_stay_behind_when_the_host_changes(verb: str, web: Web, other: Web) -> None:
    web.answers["/a"] = Answer(307, {"Location": f"{other.url}/b"})
    secrets = {"Authorization": "a", "Cookie": "b", "X-Api-Key": "c", "X-Auth-Token": "d", "X-Session": "e"}
    variables = {"headers": {**secrets, "X-Plain": "f"}}
    value_of(f"{step(verb, f'{web.url}/a')} ATTACH ?headers", guard([web.at, other.at]), variables)
    [there], [here] = other.asked, web.asked
    assert secrets.items() <= {name: here.headers[name.lower()] for name in secrets}.items()
    assert not {name.lower() for name in secrets} & there.headers.keys()
    assert there.headers["x-plain"] == "f"


def step(verb: str, url: str) -> str:
    """A step of the verb with the URL as a text in the program."""
    return PROGRAMS[verb].format(json.dumps(url))  # whose escapes are those of the language
