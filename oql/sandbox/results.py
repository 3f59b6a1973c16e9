"""What goes into a guest and comes out of it, as JSON."""

from oql import json
from oql.errors import Code, OqlError, failed, limit_reached
from oql.values import Value, json_weight, to_json
from oql.verbs.run import Run

_MOST_SHOWN = 2_000
_LONGEST_REASON = 200


def granted_json(run: Run, grants: dict[str, Value]) -> bytes:
    """The granted values, by their names, each as a text of JSON."""
    run.claim(json_weight(grants))
    return to_json({name: to_json(value).decode() for name, value in grants.items()})


def result_of(run: Run, text: bytes) -> Value:
    """The value that JSON of a guest stands for. Raises SandboxFailed where it is none."""
    run.claim(2 * len(text))
    try:
        return json.loads(text)
    except (json.JsonError, UnicodeDecodeError) as error:
        message = error.message if isinstance(error, json.JsonError) else "not UTF-8"
        raise failed(Code.SANDBOX_FAILED, f"the guest gave no JSON: {message}") from None


def too_much(run: Run) -> OqlError:
    """The error of a guest that needs more memory than its run may hold."""
    hint = "what a guest holds counts as the values of the program do"
    return limit_reached("bytes of values", f"{run.context.limits.memory_bytes:,}", hint)


class Exited(Exception):
    """The guest has ended itself, with an exit code."""

    def __init__(self, code: int) -> None:
        self.code = code


def exited(ended: Exited, printed: bytes | bytearray) -> OqlError:
    """The error of a guest that ended itself where it should not."""
    return failed(Code.SANDBOX_FAILED, f"the guest ended itself, with code {ended.code}", printed_hint(printed))


def printed_hint(printed: bytes | bytearray) -> str | None:
    """What a guest printed last, as the hint of its failure."""
    text = bytes(printed).decode("utf-8", "replace").strip()
    return f"it printed: {text[-_MOST_SHOWN:]}" if text else None


def reason(text: str) -> str:
    """Why something failed, of what wasmtime says of it: the first line behind `Caused by`, else the first of all."""
    lines = [line.strip() for line in text.partition("Caused by:")[2].splitlines() or text.splitlines()]
    return next((line.removeprefix("0: ")[:_LONGEST_REASON] for line in lines if line), "for an unknown reason")
