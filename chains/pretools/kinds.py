"""Which function does which pre-tool."""

from collections.abc import Callable, Mapping
from typing import Any

from chains.pretools import commands, environment, files, moments, remote, servers
from chains.tools.pace import Pace
from chains.work import Work

KINDS: Mapping[str, Callable[[Any, Work, Pace], str]] = {
    "current_datetime": moments.current_datetime,
    "http_fetch": remote.http_fetch,
    "web_search": remote.web_search,
    "read_file": files.read_file,
    "write_file": files.write_file,
    "bash": commands.bash,
    "env_var": environment.env_var,
    "mcp_call": servers.mcp_call,
}
"""Every pre-tool by its type: one attempt of it, in its time. Each raises OqlError where it fails."""
