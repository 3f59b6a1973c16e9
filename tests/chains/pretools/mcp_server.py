"""A server of tools, written with the library of the protocol: over its input and output, or over HTTP on a port."""

import os
import sys
import time
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("tests")


@server.tool()
def greet(name: str) -> list[str]:
    """Two texts."""
    return [f"Hello {name}.", os.environ.get("GREETING", "none")]


@server.tool()
def broken() -> str:
    """Fails."""
    raise ToolError("out of tea")


@server.tool()
def slow(note: str) -> str:
    """Tells who it is, and never ends."""
    Path(note).write_text(str(os.getpid()))
    time.sleep(60)
    return ""


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
