"""Node: its own HTTP server in a cluster of as many processes as our workers; the bare limit of another platform."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from bench import servers

NODE = "Node's http server, a route that does nothing"
_SCRIPT = """
const cluster = require('cluster'), http = require('http');
if (cluster.isPrimary) {
  for (let number = 0; number < %d; number++) cluster.fork();
  process.on('SIGTERM', () => process.exit(0));
} else {
  http.createServer((request, response) => {
    request.resume();
    const body = JSON.stringify({status: 'ok', result: 'Hello'});
    response.writeHead(200, {'Content-Type': 'application/json', 'Content-Length': body.length});
    response.end(body);
  }).listen(process.argv[2], '127.0.0.1');
}
"""


def node(folder: Path) -> AbstractContextManager[servers.Server]:
    """The server. Raises ModuleNotFoundError where Node is not installed."""
    program = shutil.which("node")
    if program is None:
        raise ModuleNotFoundError("node")
    script = folder / "bare.js"
    script.write_text(_SCRIPT % servers.WORKERS, encoding="ascii")
    return servers.running([program, str(script), "{port}"], folder)
