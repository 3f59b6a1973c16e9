"""Which language a guest speaks, and where its code comes from."""

from collections.abc import Mapping, Sequence

from oql.entries import Entry
from oql.errors import Code, failed
from oql.sandbox.compiling import MOST_BYTES
from oql.sandbox.javascript import run_javascript
from oql.sandbox.micropython import run_python
from oql.sandbox.modules import run_module
from oql.sandbox.script import Script
from oql.values import Value
from oql.verbs.run import Run
from substrate.errors import StoreError

FILES = "/root/"
"""A text that begins so, in a line, is the path of a file with the code."""

_INTERPRETERS = {"js": run_javascript, "python": run_python}


def run_guest(run: Run, language: str, code: Value, entries: Sequence[Entry], grants: Mapping[str, Value]) -> Value:
    """The value of the code, or an array of those of the entries."""
    interpreter = _INTERPRETERS.get(language)
    if interpreter is None:
        if entries:
            raise failed(Code.SANDBOX_FAILED, "a module takes no block of ENTER", "run it once for each value")
        return run_module(run, _file(run, code) or code, dict(grants))
    script = Script(entries or [Entry(lambda _: _text(run, code), wanted=True)])
    interpreter(run, script, dict(grants))
    return script.values if entries else script.values[0]


def _text(run: Run, code: Value) -> Value:
    found = _file(run, code)
    if found is None:
        return code
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise failed(Code.SANDBOX_FAILED, f"the file `{code}` is not UTF-8 text") from None


def _file(run: Run, code: Value) -> bytes | None:
    """What is in the file that the code names; None where it is code itself."""
    if not isinstance(code, str) or not code.startswith(FILES) or "\n" in code:
        return None
    files = run.context.files
    if files is None:
        raise failed(Code.UNSUPPORTED, "code in a file needs a file store, which this build does not have")
    try:
        return files.read(code, MOST_BYTES, run)
    except StoreError as error:
        raise failed(Code.SANDBOX_FAILED, error.message) from None
