"""A server of tools over its input and output that notes each line, as it came, in the file that it is told."""

import json
import sys
from pathlib import Path
from typing import Any

_INFO = {"name": "plain", "version": "1"}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """What a request is answered with."""
    if method == "initialize":
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": _INFO}
    if method == "tools/list":
        return {"tools": [{"name": "any", "inputSchema": {"type": "object"}}]}
    return {"content": [{"type": "text", "text": "noted"}]}


if __name__ == "__main__":
    with Path(sys.argv[1]).open("a", encoding="utf-8", buffering=1) as notes:
        for line in sys.stdin:
            notes.write(line)
            asked = json.loads(line)
            if "id" in asked:
                result = answer(asked["method"], asked.get("params", {}))
                sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}) + "\n")
                sys.stdout.flush()
