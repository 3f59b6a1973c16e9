"""Commands of this machine, where the operator allows them.

The text of a command holds no value: references become variables of its environment, which the shell reads as data. A
command runs in an empty folder of its own and in a process group of its own, which ends with it.
"""

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress

from chains.pre_tool_spec import Bash
from chains.references import Reference, template
from chains.tools.cut import shortened
from chains.tools.pace import Pace
from chains.work import Work
from oql.errors import Code, failed

MOST_BYTES = 10 * 2**20
_MOST_SAID = 64 * 1024
"""Bytes of what it says of errors that are kept."""
_INHERITED = ("PATH", "HOME")
_PIECE = 64 * 1024
_SLICE_S = 0.05


def bash(tool: Bash, work: Work, pace: Pace) -> str:
    """What a command writes to its output. Raises OqlError, with what it says of errors where it fails."""
    if not work.context.environment.chains.bash:
        raise failed(Code.CHAIN_FAILED, "bash is disabled")
    command, variables = _with_variables(tool.command, work)
    own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    pace.look()
    work.call_out()
    with tempfile.TemporaryDirectory(prefix="oql-chain-", ignore_cleanup_errors=True) as folder:
        return _ran(command, {**own, **variables}, folder, work, pace)


def _with_variables(command: str, work: Work) -> tuple[str, dict[str, str]]:
    """A command with `${CHAIN_x}` for each `{x}` that stands for something, and what those variables hold."""
    values: dict[str, str] = {}
    parts: list[str] = []
    for part in template(command).parts:
        if isinstance(part, Reference) and (value := work.resolve(part.written)) != part.written:
            parts.append(f"${{{_named(part, value, values)}}}")
        else:
            parts.append(part.written if isinstance(part, Reference) else part)
    return "".join(parts), values


def _named(reference: Reference, value: str, values: dict[str, str]) -> str:
    """The variable that holds a value; one reference with two fallbacks may need two."""
    if "\0" in value:
        raise failed(Code.CHAIN_FAILED, f"the value of `{reference.name}` holds a character that no command can take")
    bare = name = f"CHAIN_{reference.name.replace('.', '_')}"
    number = 1
    while values.setdefault(name, value) != value:
        number += 1
        name = f"{bare}_{number}"
    return name


def _ran(command: str, environment: Mapping[str, str], folder: str, work: Work, pace: Pace) -> str:
    shell = shutil.which("bash") or "/bin/sh"
    try:
        process = subprocess.Popen(  # noqa: S603 - the operator allows it
            [shell, "-c", command], cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise failed(Code.CHAIN_FAILED, f"the command cannot be started: {error}") from None
    with process:
        try:
            with work.context.cancel.calling(lambda: _kill(process)):
                output, said = _read(process, pace)
        finally:
            _kill(process)
    work.look()  # says when it was ended because the execution is
    if process.returncode:
        told = shortened(said.decode("utf-8", "replace"), 500)
        how = f"exit code {process.returncode}" if process.returncode > 0 else f"ended by signal {-process.returncode}"
        raise failed(Code.CHAIN_FAILED, f"{how}{': ' if told else ''}{told}")
    return output.decode("utf-8", "replace")


def _read(process: "subprocess.Popen[bytes]", pace: Pace) -> tuple[bytes, bytes]:
    """All of its output, and the end of what it says of errors. What it leaves running ends with it."""
    output, said = bytearray(), bytearray()
    assert process.stdout
    assert process.stderr
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, said)
        while selector.get_map() or not _has_ended(process):
            pace.look()
            ended = _has_ended(process)
            if ended:
                _kill(process)
            ready = selector.select(_SLICE_S)
            if ended and not ready:  # what it has started holds on to the output, out of its group
                break
            for key, _ in ready:
                if not _taken(key.fd, key.data):
                    selector.unregister(key.fileobj)
            if len(output) > MOST_BYTES:
                raise failed(Code.CHAIN_FAILED, f"the output is longer than {MOST_BYTES // 2**20} MB")
            del said[:-_MOST_SAID]
    process.wait()
    return bytes(output), bytes(said)


def _taken(stream: int, into: bytearray) -> bool:
    """Reads on; False at the end."""
    piece = os.read(stream, _PIECE)
    into += piece
    return bool(piece)


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it has, without taking note: its group keeps its number until somebody does."""
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Ends it, and all that it has started in its group."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
