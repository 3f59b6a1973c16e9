"""What the steps of chains may use beside models and the store, as the operator has set it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oql import json

if TYPE_CHECKING:
    from oql.outbound import Outbound
    from oql.settings import Settings

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SERVER = 'a JSON object such as `{"files": {"command": "mcp-files", "args": []}, "wiki": {"url": "https://..."}}`'


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server of tools: a command that speaks over its input and output, or the URL of one that is there.

    env: further variables of the command's environment; headers: what requests to the URL carry.
    """

    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ChainOptions:
    """tool_rounds: how often a model may call tools for one answer; search_url: what searches ask, by `search`, a way
    out that leads there alone; bash: whether commands may run; env: the variables of the environment that chains may
    read; mcp_servers: by name; workspace_dir: the base of relative paths; step_timeout_ms: of one attempt of a step;
    browser_path: where a Chromium is, empty for none; form_link: by namespace, job and key of a wait where people find
    its form."""

    tool_rounds: int = 20
    search_url: str | None = None
    search: "Outbound | None" = None
    bash: bool = False
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    mcp_servers: Mapping[str, McpServer] = field(default_factory=dict)
    workspace_dir: str = "/root"
    step_timeout_ms: int = 300_000
    browser_path: str = ""
    form_link: Callable[[str, str, str], str] | None = None

    @classmethod
    def of(cls, settings: "Settings", environ: Mapping[str, str]) -> "ChainOptions":
        """Those that the settings name, with variables of this environment."""
        names = variables_in(settings.chain_env or "")
        return cls(
            settings.tool_rounds,
            settings.search_url,
            _way_to(settings.search_url),
            settings.chain_bash,
            {name: environ[name] for name in names if name in environ},
            servers_in(settings.mcp_servers or "{}"),
            settings.workspace_dir,
            settings.step_timeout_ms,
            settings.browser_path or "",
        )


NO_OPTIONS = ChainOptions()
"""What there is where nobody has set anything."""


def _way_to(url: str | None) -> "Outbound | None":
    from oql.models.opening import host_of
    from oql.outbound import Outbound

    return Outbound([host_of(url)]) if url else None


def variables_in(text: str) -> list[str]:
    """The names of variables of the environment, which commas separate. Raises ValueError."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"names of variables such as `LANG, REGION`, not `{name[:100]}`")
    return names


def servers_in(text: str) -> dict[str, McpServer]:
    """The servers of a JSON object by their names, each {command, args?, env?} or {url, headers?}. Raises ValueError.

    What an error says shows nothing of the text, which may hold keys.
    """
    try:
        given = json.loads(text)
    except json.JsonError:
        raise ValueError(_SERVER) from None
    if not isinstance(given, dict):
        raise ValueError(_SERVER)
    return {name: _server(name, entry) for name, entry in given.items()}


def _server(name: str, given: Any) -> McpServer:
    entry = given if isinstance(given, dict) else {}
    command, args, url = entry.get("command"), entry.get("args", []), entry.get("url")
    env, headers = entry.get("env", {}), entry.get("headers", {})
    texts = isinstance(args, list) and all(isinstance(each, str) for each in args)
    if not (texts and _is_map(env) and _is_map(headers)) or bool(command) == bool(url):
        raise ValueError(f"{_SERVER}; `{name[:100]}` is none")
    if url:
        if not isinstance(url, str) or not re.match(r"https?://[^\s/?#@]+(/|$)", url):
            raise ValueError(f"{_SERVER}; the url of `{name[:100]}` is none")
        return McpServer(url=url, headers=headers)
    if not isinstance(command, str):
        raise ValueError(f"{_SERVER}; the command of `{name[:100]}` is no text")
    return McpServer((command, *args), env)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
