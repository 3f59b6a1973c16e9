"""What steps of chains may use, as settings name it."""

from pathlib import Path

import pytest

from oql.chain_options import NO_OPTIONS, ChainOptions, McpServer
from oql.settings import Settings, SettingsError


def options(folder: Path, environ: dict[str, str] | None = None, /, **given: str) -> ChainOptions:
    """The options of settings in the environment."""
    settings = Settings.load(folder, environ={f"OQL_{name.upper()}": value for name, value in given.items()})
    return ChainOptions.of(settings, environ or {})


def test_what_there_is_without_settings(tmp_path: Path) -> None:
    assert options(tmp_path) == NO_OPTIONS
    assert (NO_OPTIONS.bash, NO_OPTIONS.env, NO_OPTIONS.mcp_servers, NO_OPTIONS.search) == (False, {}, {}, None)


def test_everything_is_taken_over(tmp_path: Path) -> None:
    found = options(
        tmp_path,
        {"REGION": "north", "SECRET": "canary"},
        tool_rounds="3",
        search_url="http://10.0.0.7:8080/search?format=json",
        chain_bash="true",
        chain_env="REGION, MISSING",
        mcp_servers='{"files": {"command": "mcp-files"}}',
        workspace_dir="/root/desk/",
        step_timeout_ms="1000",
    )
    assert (found.tool_rounds, found.bash, found.workspace_dir, found.step_timeout_ms) == (3, True, "/root/desk", 1_000)
    assert (found.env, found.mcp_servers) == ({"REGION": "north"}, {"files": McpServer(("mcp-files",))})
    assert found.search_url == "http://10.0.0.7:8080/search?format=json"
    assert found.search
    assert found.search.check("http://10.0.0.7:8080/search").host == "10.0.0.7"
    assert "north" not in repr(found)


@pytest.mark.parametrize(
    "given",
    [{"search_url": "ftp://x"}, {"search_url": "http://x/?q#f"}, {"chain_env": "A B"}, {"mcp_servers": "[]"},
     {"workspace_dir": "work"}, {"workspace_dir": "/root/../etc"}, {"tool_rounds": "-1"}, {"step_timeout_ms": "0"}],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=f"setting `{next(iter(given))}`"):
        options(tmp_path, **given)


@pytest.mark.parametrize(
    ("given", "taken"), [("/root", "/root"), ("/srv/work", "/root/srv/work"), ("/rooted", "/root/rooted")]
)
def test_the_folder_of_relative_paths(tmp_path: Path, given: str, taken: str) -> None:
    assert options(tmp_path, workspace_dir=given).workspace_dir == taken
    assert Settings.load(tmp_path, environ={"WORKSPACE_DIR": given}).workspace_dir == taken


def test_servers_are_not_shown(tmp_path: Path) -> None:
    settings = Settings.load(
        tmp_path, environ={"OQL_MCP_SERVERS": '{"a": {"url": "https://h", "headers": {"k": "canary"}}}'}
    )
    assert "canary" not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        Settings.load(tmp_path, environ={"OQL_MCP_SERVERS": '{"a": {"headers": {"k": "canary"}}}'})
    assert "canary" not in str(caught.value)
