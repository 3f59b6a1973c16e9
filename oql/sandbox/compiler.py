"""The process that compiles one module of a guest: `python -m oql.sandbox.compiler`, started by `compiling.py`.

The module stands on the standard input, as binary or text; on the standard output comes `+` and the compiled code, or
`-` and why there is none.
"""

import resource
import sys

MOST_MEMORY = 2**30
MOST_SECONDS = 60


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """See above."""
    from wasmtime import Module, WasmtimeError

    from oql.sandbox import engines

    _limit()
    try:
        answer = b"+" + bytes(Module(engines.engine(engines.FOREIGN), sys.stdin.buffer.read()).serialize())
    except WasmtimeError as error:
        answer = b"-" + str(error).encode()
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
