"""`oql settings`, `oql doctor`, `oql serve`'s flags, and the command line as a whole."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click import Group

from oql.cli import main
from tests.cli.calling import OQL, ROOT, here, oql, variables

HEAVY = (
    "cronsim", "falcon", "html", "httpx", "importlib.resources", "oql.deliveries", "oql.generate", "oql.hosts",
    "oql.mail", "oql.messages", "oql.operations", "oql.outbound", "oql.remote", "oql.schedules", "oql.sites",
    "oql.tables.declaration", "oql.watches", "prompt_toolkit", "pydantic", "pygments", "rich", "server",
    "substrate.columns", "substrate.interface.graph", "substrate.interface.hybrid", "substrate.interface.vectors",
    "substrate.manifest", "tomllib",
)  # fmt: skip
"""What takes milliseconds to load, and few programs need: who needs it loads it when that runs."""


def test_settings_are_listed_with_their_origin(tmp_path: Path) -> None:
    (tmp_path / "oql.toml").write_text("port = 5000\n")
    called = oql("settings", "--data", tmp_path, "--json", OQL_HOST="127.0.0.2")
    rows = {row["name"]: (row["value"], row["origin"]) for row in json.loads(called.out)}
    assert rows["port"] == ("5000", "oql.toml")
    assert rows["host"] == ("127.0.0.2", "environment OQL_HOST")
    assert rows["data"] == (str(tmp_path), "flag")
    assert rows["limit_steps"] == ("10000000", "default")
    table = oql("settings", "--data", tmp_path)
    assert table.out.splitlines()[0].split() == ["setting", "value", "from", "help"]
    assert {line.split()[0] for line in table.out.splitlines()[1:]} == set(rows)


def test_unknown_settings_are_refused(tmp_path: Path) -> None:
    called = oql("settings", "--data", tmp_path, OQL_PROT="1")
    assert (called.code, called.out) == (2, "")
    assert called.err == "error: `OQL_PROT` (environment) is not a setting; did you mean `OQL_PORT`?\n"


def test_who_asks_a_server_is_no_setting(tmp_path: Path) -> None:
    called = oql(
        "settings", "--data", tmp_path, OQL_USER="ada", OQL_PASSWORD="x", OQL_TOKEN="y", OQL_CACHE=str(tmp_path)
    )
    assert called.code == 0


def test_a_sound_installation_has_nothing_that_fails(tmp_path: Path) -> None:
    called = oql("doctor", "--data", tmp_path / "data", OQL_PORT="0", OQL_CACHE=str(tmp_path / "cache"))
    checks = [line.split(":")[0].split(maxsplit=1) for line in called.out.splitlines() if not line.startswith(" ")]
    assert [check[1] for check in checks] == [
        "Python", "packages", "grammar cache", "settings", "data folder", "layout", "secrets", "file system", "disk",
        "open files", "control database", "PostgreSQL", "Redis", "port",
    ]  # fmt: skip
    assert {level for level, what in checks if what != "disk"} == {"ok"}
    assert (called.code, list(tmp_path.iterdir())) == (0, [tmp_path / "cache"])


def test_what_is_wrong_is_found_with_advice(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    (data / "accounts.sqlite").write_bytes(b"this is no database, however long it may be" * 100)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        called = oql("doctor", "--data", data, OQL_PORT=str(port), OQL_CACHE="/proc/nowhere")
    lines = called.out.splitlines()
    starts = [line for line in lines if not line.startswith(("ok", "      "))]
    assert [" ".join(line.split()[:3]) for line in starts if "disk" not in line] == [
        "warn grammar cache:",
        "warn data folder:",
        "fail secrets: open",
        "fail control database:",
        f"warn port: 127.0.0.1:{port}:",
    ]
    assert f"      chmod 700 {data}" in lines
    assert called.code == 1


def test_wrong_settings_fail_and_end_the_examination(tmp_path: Path) -> None:
    called = oql("doctor", "--data", tmp_path, OQL_PORT="many")
    assert called.code == 1
    assert called.out.splitlines()[-2].startswith("fail  settings: setting `port` (environment OQL_PORT)")


def test_flags_of_the_server_are_settings(tmp_path: Path) -> None:
    outside = oql("serve", "--dev", "--host", "0.0.0.0", "--data", tmp_path)
    assert (outside.code, outside.out) == (2, "")
    assert "allow_public_dev" in outside.err
    assert oql("serve", "--port", "99999", "--data", tmp_path).code == 2


@pytest.mark.slow
def test_the_server_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    command = [OQL, "serve", "--dev", "--port", "0", "--workers", "1", "--data", str(tmp_path / "data")]
    with subprocess.Popen(
        command, env=variables({}), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        url = server.stdout.readline().split()[2]
        ran = oql("run", "-c", 'EMIT "served"', "--server", url, "--user", "test", "--password", "test")
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
    assert (ran.code, ran.out) == (0, "served\n")


# the whole


def test_help_names_every_command() -> None:
    called = oql("--help")
    assert called.code == 0
    assert all(f"\n  {name} " in called.out for name in main.commands)


@pytest.mark.parametrize("group", [name for name, command in main.commands.items() if isinstance(command, Group)])
def test_help_of_a_group_says_whole_sentences(group: str) -> None:
    listed = here(group, "--help").out.partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()
    assert listed
    assert not [line for line in listed if not line.endswith(".") or line.endswith("...")]


@pytest.mark.parametrize("arguments", [(), ("rn",), ("run", "--no-such-option"), ("check",)])
def test_wrong_usage_has_exit_code_2(arguments: tuple[str, ...]) -> None:
    called = oql(*arguments)
    assert (called.code, called.out) == (2, "")
    assert "Usage: oql" in called.err


def test_the_version() -> None:
    assert oql("--version").out == "oql 0.1.0\n"


def test_a_plain_run_imports_only_what_it_needs() -> None:
    script = (
        "import sys\n"
        "from oql.cli import main\n"
        "try: main(['run', '-c', 'EMIT 1'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=variables({}), capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n[]\n"


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("oql f", "plain,fmt"),
        ("oql run exa", "file,exa"),
        ("oql verbs uppe", "plain,UPPER"),
        ("oql account tier ada en", "plain,enterprise"),
    ],
)
def test_the_shell_completes(words: str, completed: str) -> None:
    called = oql(COMP_WORDS=words, COMP_CWORD=str(words.count(" ")), _OQL_COMPLETE="bash_complete")
    assert called.out == f"{completed}\n"
