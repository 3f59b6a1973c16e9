"""What each pre-tool gives."""

import json
import threading
import time
from pathlib import Path

import pytest

from chains.pretools.moments import written
from chains.tools.pace import Pace
from oql.errors import OqlError
from oql.outbound import Outbound
from substrate.files.folder import NamespaceFiles
from tests.chains.desk import later
from tests.chains.pretools.conftest import Sit
from tests.chains.pretools.test_flow import values
from tests.outbound.servers import Answer, Web

MOMENT = 1_767_225_599.25
"""2025-12-31, a quarter of a second after 23:59:59 in UTC."""


@pytest.mark.parametrize(
    ("zone", "form", "text"),
    [
        ("UTC", "iso", "2025-12-31T23:59:59.250Z"),
        ("Europe/Berlin", "iso", "2026-01-01T00:59:59.250+01:00"),
        ("America/New_York", "locale", "Wednesday, December 31, 2025 at 6:59:59 PM EST"),
        ("UTC", "locale", "Wednesday, December 31, 2025 at 11:59:59 PM UTC"),
        ("Europe/Berlin", "locale", "Thursday, January 1, 2026 at 12:59:59 AM CET"),
        ("Europe/Berlin", "unix", "1767225599"),
    ],
)
def test_moments(zone: str, form: str, text: str) -> None:
    assert written(MOMENT, zone, form) == text


def test_the_time_is_that_of_now(sit: Sit) -> None:
    before = int(time.time())
    value = int(values(sit("- {type: current_datetime, inject_as: v, format: unix}"))["v"])
    assert before <= value <= time.time()


def test_a_zone_that_there_is_not(sit: Sit) -> None:
    desk = sit("- {type: current_datetime, inject_as: v, timezone: '{zone}'}", variables={"zone": "Europe/Berlim"})
    assert values(desk) == {"v": "[PRE-TOOL ERROR: `Europe/Berlim` is not a time zone]"}


# other machines


def test_a_request_with_everything(sit: Sit, web: Web) -> None:
    desk = sit(
        f"- type: http_fetch\n  inject_as: v\n  url: '{web.url}/orders'\n  method: post\n  body: '{{order}}'\n"
        "  headers: {Authorization: 'Bearer {key}'}",
        variables={"order": "7", "key": "k"},
    )
    values(desk)
    [asked] = web.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/orders", b"7")
    assert asked.headers["authorization"] == "Bearer k"
    assert asked.headers["idempotency-key"] == "0123456789abcdef:1.pre1"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.items[1].name", "milk"),
        ("items.*.name", '[\n  "tea",\n  "milk"\n]'),
        ("count", "2"),
        ("good", "true"),
        ("none", '[PRE-TOOL ERROR: json_path "none" not found]'),
    ],
)
def test_a_path_in_json(sit: Sit, web: Web, path: str, value: str) -> None:
    body = {"items": [{"name": "tea"}, {"name": "milk"}], "count": 2, "good": True}
    web.answers["/json"] = Answer(body=json.dumps(body).encode())
    desk = sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/json', json_path: '{path}'}}")
    assert values(desk) == {"v": value}


def test_a_path_in_what_is_no_json(sit: Sit, web: Web) -> None:
    value = values(sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/x', json_path: a}}"))["v"]
    assert value.startswith("[PRE-TOOL ERROR: the answer is not JSON: ")


def test_what_is_long_is_cut(sit: Sit, web: Web) -> None:
    web.answers["/long"] = Answer(body=b"x" * 60_000)
    desk = sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/long'}}")
    assert values(desk) == {"v": "x" * 50_000 + "\n[truncated]"}
    assert desk.logged("warn") == ["Pre-tool http_fetch (v) gave more than 50000 characters: truncated"]


def test_what_is_too_long_is_refused(sit: Sit, web: Web) -> None:
    web.answers["/huge"] = Answer(headers={"Content-Length": str(10 * 2**20 + 1)})
    value = values(sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/huge'}}"))["v"]
    assert value.startswith("[PRE-TOOL ERROR: ")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://localhost/", "file:///etc/passwd", "https://10.0.0.1/"])
def test_what_is_not_public_is_not_asked(sit: Sit, url: str) -> None:
    desk = sit(f"- {{type: http_fetch, inject_as: v, url: '{url}'}}")
    assert values(desk)["v"].startswith("[PRE-TOOL ERROR: ")
    assert desk.calls == []


def test_a_slow_answer_runs_out_of_time(sit: Sit, web: Web) -> None:
    never = threading.Event()

    def slow(asked: object) -> Answer:
        never.wait(10)
        return Answer()

    web.answers["/slow"] = slow
    value = values(sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/slow', timeout_ms: 100}}"))["v"]
    never.set()
    assert value == "[PRE-TOOL ERROR: no answer within 0.1 s]"


FOUND = [{"title": "Tea", "url": "https://t.example.com", "content": "Leaves."}, {"url": "https://u.example.com"}]
NUMBERED = "1. Tea\nhttps://t.example.com\nLeaves.\n\n2. https://u.example.com"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (FOUND, NUMBERED),
        ({"results": FOUND, "more": 1}, NUMBERED),
        ([], ""),
        ({"answer": 1}, "[PRE-TOOL ERROR: the search service did not answer with a list of results]"),
    ],
)
def test_searches(sit: Sit, web: Web, answer: object, value: str) -> None:
    web.answers["/find"] = Answer(body=json.dumps(answer).encode())
    search = Outbound([web.at])
    options = {"search_url": f"{web.url}/find", "search": search}
    desk = sit("- {type: web_search, inject_as: v, query: '{q}'}", chains=options, variables={"q": "caf\u00e9"})
    assert values(desk) == {"v": value}
    search.close()
    assert [asked.path for asked in web.asked] == ["/find?q=caf%C3%A9"]


def test_without_a_service_for_searches(sit: Sit) -> None:
    value = values(sit("- {type: web_search, inject_as: v, query: x}"))["v"]
    assert value == "[PRE-TOOL ERROR: no search service is configured (search_url)]"


# files


def test_files_are_written_and_read(sit: Sit, files: NamespaceFiles) -> None:
    desk = sit(
        "- {type: write_file, inject_as: a, path: '/tmp/{name}.txt', content: 'caf\u00e9 {name}'}\n"
        "- {type: write_file, inject_as: b, path: ../tmp/one.txt, content: '!', append: true}\n"
        "- {type: read_file, inject_as: c, path: '/root/tmp/{name}.txt'}\n"
        "- {type: read_file, inject_as: d, path: '/tmp/one.txt', encoding: latin-1}",
        variables={"name": "one"},
        step="cwd: work",
    )
    assert values(desk) == {"a": "OK", "b": "OK", "c": "caf\u00e9 one!", "d": "caf\u00c3\u00a9 one!"}
    assert files.read("/root/tmp/one.txt", 100, Pace(desk, 5)) == "caf\u00e9 one!".encode()


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        ("{type: read_file, inject_as: v, path: /etc/passwd}", "`/etc/passwd` leads out of /root/"),
        ("{type: read_file, inject_as: v, path: ../../x}", "`../../x` leads out of /root/"),
        ("{type: write_file, inject_as: v, path: /tmp/../../x, content: y}", "`/tmp/../../x` leads out of /root/"),
        (
            "{type: read_file, inject_as: v, path: a, encoding: base64}",
            "`base64` is not a charset of texts that can be read",
        ),
    ],
)
def test_paths_and_charsets_that_there_are_not(sit: Sit, tool: str, told: str) -> None:
    assert values(sit(f"- {tool}")) == {"v": f"[PRE-TOOL ERROR: {told}]"}


def test_a_file_that_is_not_there(sit: Sit) -> None:
    value = values(sit("- {type: read_file, inject_as: v, path: none.txt}"))["v"]
    assert value.startswith("[PRE-TOOL ERROR: there is no file")


def test_bytes_that_are_no_text(sit: Sit, files: NamespaceFiles) -> None:
    desk = sit("- {type: read_file, inject_as: v, path: b}")
    files.write("/root/b", b"ok\xff", Pace(desk, 5))
    assert values(desk) == {"v": "[PRE-TOOL ERROR: the file `/root/b` is not utf-8 text: byte 0xff at offset 2]"}


@pytest.mark.parametrize("letter", ["x", "\u2603"])
def test_long_files_are_cut_between_characters(sit: Sit, files: NamespaceFiles, letter: str) -> None:
    desk = sit("- {type: read_file, inject_as: v, path: long}")
    files.write("/root/long", ("." + letter * 100_000).encode(), Pace(desk, 5))
    assert values(desk) == {"v": "." + letter * 49_999 + "\n[truncated]"}


# the environment, and commands


def test_variables_of_the_environment(sit: Sit) -> None:
    desk = sit(
        "- {type: env_var, inject_as: a, var_name: REGION}\n"
        "- {type: env_var, inject_as: b, var_name: PATH, default_value: 'no {x}'}\n"
        "- {type: env_var, inject_as: c, var_name: HOME}",
        chains={"env": {"REGION": "north"}},
        variables={"x": "path"},
    )
    assert values(desk) == {"a": "north", "b": "no path", "c": ""}
    told = 'Environment variable "{}" is not available'
    assert desk.logged("warn") == [told.format("PATH"), told.format("HOME")]


def test_commands_are_disabled(sit: Sit) -> None:
    desk = sit("- {type: bash, inject_as: v, command: 'echo x'}")
    assert values(desk) == {"v": "[PRE-TOOL ERROR: bash is disabled]"}


def command(sit: Sit, text: str, variables: dict[str, str] | None = None, **fields: object) -> str:
    """The value of a command, where commands are allowed."""
    given = json.dumps({"type": "bash", "inject_as": "v", "command": text, **fields})
    return values(sit(f"- {given}", chains={"bash": True}, variables=variables or {}))["v"]


def test_values_go_into_commands_as_data(sit: Sit) -> None:
    hostile = "\"; echo hacked; $(echo hacked) `echo hacked` '\n{other}"
    variables = {"x": hostile, "o": '{"name": "tea"}', "other": "secret"}
    text = 'printf "%s|" "{x}" {o.name} "{none|fallback}" "{none|two}"; echo {print} ${HOME:+home}'
    assert command(sit, text, variables) == f"{hostile}|tea|fallback|two|{{print}} home\n"


def test_the_environment_of_commands(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OQL_MODEL_API_KEY", "canary")
    names = command(sit, "env | cut -d= -f1 | sort | tr '\\n' ' '; : {x}", {"x": "1"}).split()
    assert set(names) - {"PWD", "SHLVL", "_"} == {"CHAIN_x", "HOME", "PATH"}


def test_a_command_that_fails(sit: Sit) -> None:
    assert command(sit, "echo lost; echo 'not here' >&2; exit 3") == "[PRE-TOOL ERROR: exit code 3: not here]"
    assert command(sit, "kill -9 $$") == "[PRE-TOOL ERROR: ended by signal 9]"


def test_a_command_runs_in_an_empty_folder_that_goes(sit: Sit) -> None:
    folder = command(sit, "ls -A; touch here; pwd").strip()
    assert not Path(folder).exists()


def test_output_is_bounded(sit: Sit) -> None:
    value = command(sit, "head -c 20000000 /dev/zero | tr '\\0' x")
    assert value == "[PRE-TOOL ERROR: the output is longer than 10 MB]"


def gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has asked after yet has, too."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_time_is_up_for_a_command_and_its_children(sit: Sit, tmp_path: Path) -> None:
    note = tmp_path / "children"
    value = command(sit, f"sleep 60 & echo $! $$ > {note}; wait", timeout_ms=300)
    assert value == "[PRE-TOOL ERROR: no result within 0.3 s]"
    ended(note)


def ended(note: Path) -> None:
    """Holds when all processes in a note are gone, soon."""
    left = [int(each) for each in note.read_text().split()]
    until = time.monotonic() + 5
    while left and time.monotonic() < until:
        left = [each for each in left if not gone(each)]
        time.sleep(0.01)
    assert left == []


def noted(note: Path) -> threading.Event:
    """What happens when something is in a note."""
    there = threading.Event()

    def watch() -> None:
        while not (note.exists() and note.read_text()):
            time.sleep(0.01)
        there.set()

    threading.Thread(target=watch, daemon=True).start()
    return there


def test_what_a_command_leaves_running_ends_with_it(sit: Sit, tmp_path: Path) -> None:
    note = tmp_path / "children"
    assert command(sit, f"sleep 60 & echo $! > {note}; echo done") == "done\n"
    ended(note)


def test_cancelling_ends_a_command(sit: Sit, tmp_path: Path) -> None:
    note = tmp_path / "children"
    text = f"sleep 60 & echo $! $$ > {note}.new; mv {note}.new {note}; wait"
    given = json.dumps({"type": "bash", "inject_as": "v", "command": text})
    desk = sit(f"- {given}", chains={"bash": True})
    later(desk.context.cancel.set, noted(note))
    with pytest.raises(OqlError, match="the run was cancelled"):
        values(desk)
    ended(note)
