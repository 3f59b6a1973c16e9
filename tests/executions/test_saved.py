"""Texts of chains: saved in three forms, given back byte for byte, listed, deleted; and what is refused."""

import gzip
import json
from typing import Any

import httpx
import pytest

from tests.executions.asking import GREETING, YAML, refused, saved

ODD = "# a comment, kept\r\nname: odd   # and this\noutput: o\nsteps: [{id: a, prompt: 'Straße', output_var: o}]\n\n"
STEP: dict[str, Any] = {"id": "a", "prompt": "one\ntwo\n", "output_var": "o"}


@pytest.mark.parametrize("kind", ["text/yaml", "application/yaml", "Application/X-YAML; charset=utf-8"])
def test_a_text_is_kept_byte_for_byte(client: httpx.Client, kind: str) -> None:
    answer = client.post("/chains/odd", content=ODD.encode(), headers={"Content-Type": kind})
    assert answer.json() == {"ok": True}
    found = client.get("/chains/odd")
    assert (found.content, found.headers["content-type"]) == (ODD.encode(), "text/yaml; charset=utf-8")


def test_a_text_inside_of_json(client: httpx.Client) -> None:
    assert client.post("/chains/odd", json={"yaml": ODD}).json() == {"ok": True}
    assert client.get("/chains/odd").text == ODD


def test_json_becomes_yaml(client: httpx.Client) -> None:
    body = f'{{"name": "j", "version": 1.50, "output": "o", "steps": [{json.dumps(STEP)}]}}'
    for kind in ("application/json", "text/plain"):
        assert client.post("/chains/j", content=body, headers={"Content-Type": kind}).json() == {"ok": True}
        assert client.get("/chains/j").text == (
            "name: j\nversion: 1.50\noutput: o\nsteps:\n- id: a\n  prompt: |\n    one\n    two\n  output_var: o\n"
        )
    listed = next(one for one in client.get("/chains").json() if one["name"] == "j")
    assert listed == {"name": "j", "version": "1.50", "stepCount": 1}


def test_lists_show_what_a_text_says(client: httpx.Client) -> None:
    name = saved(client, GREETING)
    found = client.get("/chains").json()
    assert [one["name"] for one in found] == sorted(one["name"] for one in found)
    assert next(one for one in found if one["name"] == name) == {
        "name": name, "description": "Greets somebody", "version": "1.0", "stepCount": 2,
    }  # fmt: skip
    client.post(f"/chains/{name}", json={"name": name, "output": "o", "steps": [STEP]})
    assert {"name": name, "stepCount": 1} in client.get("/chains").json()


def test_a_deleted_chain(client: httpx.Client) -> None:
    name = saved(client, GREETING)
    assert client.delete(f"/chains/{name}").json() == {"ok": True}
    for answer in (
        client.delete(f"/chains/{name}"),
        client.get(f"/chains/{name}"),
        client.get(f"/chains/{name}/stats"),
    ):
        assert refused(answer, 404) == f'Chain "{name}" not found'


def test_all_problems_are_told_together(client: httpx.Client) -> None:
    text = (
        "name: x\noutput: no\nsteps:\n  - {id: a, prompt: p, output_var: o, depends_on: [b]}\n  - {id: a, promt: p}\n"
    )
    told = refused(client.post("/chains/x", content=text, headers=YAML), 400).split("\n")
    assert told[0] == 'Invalid chain "x":'
    assert "  steps.1.promt: is not a known field; did you mean `prompt`?" in told
    assert "  steps.1.output_var: is required" in told
    assert refused(client.get("/chains/x"), 404)
    told = refused(client.post("/chains/x", content="a: b: c", headers=YAML), 400).split("\n")
    assert (told[0], told[1][:14]) == ('Invalid chain "x":', "  yaml: line 1")


def test_warnings_do_not_keep_it_from_being_saved(client: httpx.Client) -> None:
    answer = client.post("/chains/other", json={"name": "inner", "output": "o", "colour": "red", "steps": [STEP]})
    assert sorted(answer.json()["warnings"]) == [
        "colour: is not a known field", 'name: is "inner", and the text is saved as "other"',
    ]  # fmt: skip


def test_a_chain_that_leads_back_to_itself(client: httpx.Client) -> None:
    def calling(name: str, other: str) -> httpx.Response:
        step = {"id": "s", "type": "subchain", "subchain": other, "output_var": "o"}
        return client.post(f"/chains/{name}", json={"name": name, "output": "o", "steps": [step]})

    assert calling("ring-a", "ring-b").status_code == calling("ring-b", "ring-c").status_code == 200
    told = refused(calling("ring-c", "ring-a"), 400)
    assert told == 'Invalid chain "ring-c":\n  steps.0.subchain: Subchain "ring-a" leads back to chain "ring-c"'
    assert "leads back" in refused(calling("ring-c", "ring-c"), 400)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"{", "application/json", "Invalid JSON"),
        (b"", "application/json", "Invalid JSON"),
        (b"[]", "application/json", "Invalid JSON"),
        (b'{"name": "a", "name": "b"}', "application/json", "Invalid JSON"),
        (b"\xff", "application/json", "Invalid JSON"),
        (b"name: a", "application/json", "Invalid JSON; YAML needs `Content-Type: application/yaml`"),
        (b"\xff", "text/yaml", "the body is not UTF-8"),
        (b'{"yaml": 5}', "application/json", "yaml must be a text"),
        (b"[" * 5_000, "application/json", "Invalid JSON"),
    ],
)
def test_bodies_that_are_none(client: httpx.Client, body: bytes, kind: str, message: str) -> None:
    assert refused(client.post("/chains/x", content=body, headers={"Content-Type": kind}), 400) == message


def test_a_text_that_is_no_yaml(client: httpx.Client) -> None:
    def told(text: str) -> str:
        return refused(client.post("/chains/x", content=text, headers=YAML), 400)

    assert told("name: x\nsteps:\n\t- id: a\n") == (
        'Invalid chain "x":\n  yaml: line 3: a tab stands in column 1, where YAML wants blanks '
        "(found character that cannot start any token)"
    )
    assert "line ends; curl keeps them with `--data-binary`" in told("name: x  steps:  - id: a    prompt: p  output: o")


def test_a_bomb_of_aliases_is_refused(client: httpx.Client) -> None:
    bomb = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 10)}]\n" for n in range(9))
    assert "more than 100,000 values" in refused(client.post("/chains/x", content=bomb, headers=YAML), 400)


def test_an_alias_inside_of_what_it_stands_for_is_refused(client: httpx.Client) -> None:
    told = refused(client.post("/chains/x", content="name: x\nsteps: &all\n  - id: *all\n", headers=YAML), 400)
    assert "`*all` is recursive: it stands inside of what it stands for" in told


def test_the_size_of_bodies(client: httpx.Client) -> None:
    large = b"#" * (2 * 2**20 + 1)
    for content, headers in ((large, {}), (gzip.compress(large), {"Content-Encoding": "gzip"})):
        answer = client.post("/chains/x", content=content, headers=YAML | headers)
        assert refused(answer, 413) == "Request body too large"
    assert refused(client.post("/execute/x", content=large), 413) == "Request body too large"


@pytest.mark.parametrize(
    ("path", "shown"),
    [("..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"), ("a..b", "a..b"), (".a", ".a"), ("-a", "-a"), ("a%20b", "a b"),
     ("%C3%BC", "ü"), ("a%0Ab", "a\nb"), ("x" * 201, "x" * 200)],
)  # fmt: skip
def test_names_that_are_none(client: httpx.Client, path: str, shown: str) -> None:
    for answer in (
        client.get(f"/chains/{path}"), client.post(f"/chains/{path}", content=GREETING, headers=YAML),
        client.delete(f"/chains/{path}"), client.get(f"/chains/{path}/stats"), client.post(f"/execute/{path}"),
    ):  # fmt: skip
        assert refused(answer, 400) == f'Invalid name: "{shown}"'


def test_chains_are_their_accounts_own(client: httpx.Client, eve: httpx.Client) -> None:
    name = saved(client, GREETING)
    assert name not in {one["name"] for one in eve.get("/chains").json()}
    assert refused(eve.get(f"/chains/{name}"), 404) == f'Chain "{name}" not found'
    assert refused(eve.delete(f"/chains/{name}"), 404)
    assert client.get(f"/chains/{name}").status_code == 200


def test_a_character_that_yaml_has_not_is_told_with_its_line(client: httpx.Client) -> None:
    answer = client.post("/chains/x", content="name: größer\nb: \x07\n".encode(), headers=YAML)
    assert refused(answer, 400) == 'Invalid chain "x":\n  yaml: line 2: the character U+0007 is not allowed'
