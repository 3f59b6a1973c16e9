"""Guests that try to get out, to take everything, or to break what runs them: each ends in a clear error."""

import resource

import pytest

from oql.limits import Limits
from tests.sandbox.guests import SHORT, guest, value

FAILED, LIMIT, TIMEOUT = "SandboxFailed", "LimitExceeded", "Timeout"
DEEP, OUTSIDE = "its calls are nested too deeply", "it reached outside its memory"

JAVASCRIPT = {
    "endless loop": ("for (;;);", TIMEOUT, "computing time"),
    "endless microtasks": ("const f = () => Promise.resolve().then(f); f()", TIMEOUT, "computing time"),
    "endless getter": ("({ get a() { for (;;); } })", TIMEOUT, "computing time"),
    "endless toJSON": ("({ toJSON() { for (;;); } })", TIMEOUT, "computing time"),
    "endless error text": (
        "throw Object.defineProperty(new Error(), 'message', { get() { for (;;); } })",
        TIMEOUT,
        "computing time",
    ),
    "regular expression bomb": ("/(a+)+b/.test('a'.repeat(60))", TIMEOUT, "computing time"),
    "long text": ("'x'.repeat(2 ** 29)", LIMIT, "bytes of values"),
    "a long value": ("'x'.repeat(2 ** 25)", LIMIT, "bytes of values"),
    "many texts": ("const a = []; for (;;) a.push('x'.repeat(1e5) + a.length)", LIMIT, "bytes of values"),
    "large buffer": ("new ArrayBuffer(2 ** 30)", LIMIT, "bytes of values"),
    "calls without end": ("function f() { return f() + 1 } f()", FAILED, DEEP),
    "proxies without end": ("const p = new Proxy({}, { get: (t, k, r) => r.x }); p.x", FAILED, DEEP),
    "text to evaluate": ("eval('['.repeat(1e5))", FAILED, DEEP),
    "JSON in JSON": ("JSON.parse('['.repeat(1e5))", FAILED, DEEP),
    "a value too deep": ("let a = 1; for (let i = 0; i < 1000; i++) a = [a]; a", FAILED, "nested"),
    "the prototype of all": ("Object.prototype.toJSON = () => { throw 1 }; ({})", FAILED, "cannot be shown"),
    "a false JSON": ("Array.prototype.toJSON = () => 'x'; throw new Error('y')", FAILED, "could not say why"),
    "constructor of functions": ("oql_get.constructor('return process')()", FAILED, "process is not defined"),
    "modules of files": ("import('qjs:std').then(m => m.open('/etc/passwd', 'r'))", FAILED, "could not load module"),
    "modules of the system": ("import('fs')", FAILED, "could not load module"),
    "half a character": (r"'\ud800'", FAILED, "gave no JSON"),
    "waiting": ("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", FAILED, "Atomics is not defined"),
    "grants of others": ("oql_get('__proto__')", FAILED, "nothing is granted"),
    "a throw that cannot be shown": ("throw { toString() { throw 1 }, toJSON() { throw 2 } }", FAILED, "guest threw"),
}  # fmt: skip

PYTHON = {
    "endless loop": ("while True: pass", TIMEOUT, "computing time"),
    "regular expression bomb": ("import re\nre.match('(a+)+b', 'a' * 60)", TIMEOUT, "computing time"),
    "large number": ("2 ** (2 ** 40)", TIMEOUT, "computing time"),
    "long text": ("'x' * 2 ** 29", LIMIT, "bytes"),
    "many texts": ("x = []\nwhile True: x.append('y' * 1000)", LIMIT, "bytes"),
    "calls without end": ("def f(): return f()\nf()", FAILED, "maximum recursion depth exceeded"),
    "a list in itself": ("a = []\nfor i in range(200000): a = [a]\nrepr(a)", FAILED, "deep"),
    "files": ("open('/etc/passwd').read()", FAILED, "ENOENT"),
    "files of the process": ("open('/proc/self/environ').read()", FAILED, "ENOENT"),
    "files of devices": ("open('/dev/mem').read()", FAILED, "ENOENT"),
    "files to write": ("open('/dev/random', 'w').write('x') and open('/x', 'w')", FAILED, "Errno"),
    "a way out of a folder": ("open('/dev/../etc/passwd').read()", FAILED, "ENOENT"),
    "folders": ("import os\nos.listdir('/')", FAILED, "ENOENT"),
    "symbolic links": ("import os\nos.symlink('/etc', '/x')", FAILED, "no attribute"),
    "other processes": ("import os\nos.fork()", FAILED, "no attribute"),
    "commands": ("import os\nos.system('ls')", FAILED, "no attribute"),
    "sockets": ("import socket", FAILED, "no module named"),
    "foreign functions": ("import ffi", FAILED, "no module named"),
    "memory beyond its own": ("import uctypes\nuctypes.bytes_at(2 ** 31 - 9, 8)", FAILED, OUTSIDE),
    "memory by force": ("import machine\nmachine.mem32[0x7ffffff0] = 1", FAILED, OUTSIDE),
    "its end": ("import sys\nsys.exit(3)", FAILED, "SystemExit"),
    "much output": ("while True: print('x' * 10000)", TIMEOUT, "computing time"),
    "text that is no UTF-8": ("import host\nhost.call('gave', b'\\xff'.decode('utf-8', 'x'))", FAILED, ""),
    "the host, with no JSON": ("import host\nhost.call('gave', '{')", FAILED, "gave no JSON"),
    "the host, with no name": ("import host\nhost.call('open', '/etc/passwd')", FAILED, "what there is not"),
    "a false failure": ("import host\nhost.call('failed', '')", FAILED, "could not say why"),
}

_IMPORT = '(import "oql" "result" (func $give (param i32 i32)))'
_MEMORY = '(memory (export "memory") 1)'
_FD_WRITE = '(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))'

MODULES = {
    "endless loop": ('(module (func (export "run") (loop (br 0))))', TIMEOUT, "computing time"),
    "endless start": ('(module (start 0) (func (loop (br 0))) (func (export "run")))', TIMEOUT, "computing time"),
    "calls without end": ('(module (func $f (export "run") (call $f)))', FAILED, DEEP),
    "much memory": ('(module (memory (export "memory") 2000) (func (export "run")))', LIMIT, "bytes of values"),
    "hidden memory": ('(module (memory 17) (func (export "run")))', LIMIT, "bytes of values"),
    "two memories": ('(module (memory 1) (memory 1) (func (export "run")))', FAILED, "multiple memories"),
    "memory of 64 bits": ('(module (memory i64 1) (func (export "run")))', FAILED, "memory64"),
    "shared memory": ('(module (memory 1 1 shared) (func (export "run")))', FAILED, "threads"),
    "a large table": ('(module (table 100000000 funcref) (func (export "run")))', FAILED, "table"),
    "many tables": (f'(module {"(table 1 funcref)" * 9} (func (export "run")))', FAILED, "table count too high"),
    "outside its memory": (
        '(module (memory (export "memory") 1) (func (export "run") (result i32) (i32.load (i32.const 65533))))',
        FAILED,
        OUTSIDE,
    ),
    "a foreign import": ('(module (import "env" "f" (func)) (func (export "run")))', FAILED, "env.f"),
    "an import that is no function": (
        '(module (import "oql" "get" (global i32)) (func (export "run")))', FAILED, "oql.get",
    ),
    "a known import of another form": (
        '(module (import "oql" "read" (func (param f64) (result f64))) (func (export "run")))',
        FAILED,
        "other parameters",
    ),
    "a result from outside": (
        f'(module {_IMPORT} {_MEMORY} (func (export "run") (call $give (i32.const 65530) (i32.const 9))))',
        FAILED,
        OUTSIDE,
    ),
    "a result of no length": (
        f'(module {_IMPORT} {_MEMORY} (func (export "run") (call $give (i32.const 0) (i32.const -1))))',
        FAILED,
        OUTSIDE,
    ),
    "a result without memory": (
        f'(module {_IMPORT} (func (export "run") (call $give (i32.const 0) (i32.const 1))))', FAILED, OUTSIDE,
    ),
    "a result that is no JSON": (
        f'(module {_IMPORT} {_MEMORY} (func (export "run") (call $give (i32.const 0) (i32.const 9))))',
        FAILED,
        "gave no JSON",
    ),
    "NaN": ('(module (func (export "run") (result f64) (f64.const nan)))', FAILED, "no JSON form"),
    "parameters": ('(module (func (export "run") (param i32)))', FAILED, "takes parameters"),
    "nothing to run": ("(module)", FAILED, "exports nothing"),
    "a number to run": ('(module (global (export "run") i32 (i32.const 1)))', FAILED, "exports nothing"),
    "text that nests": ("(" * 8_000, FAILED, "this is no module"),
    "text that is none": ("(module (func", FAILED, "this is no module"),
    "an exit": (
        '(module (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32)))'
        ' (func (export "_start") (call $x (i32.const 3)) (loop (br 0))))',
        FAILED,
        "code 3",
    ),
}  # fmt: skip

CASES = [
    pytest.param(language, *case, id=f"{language}: {name}")
    for language, table in (("js", JAVASCRIPT), ("python", PYTHON), ("wasm", MODULES))
    for name, case in table.items()
]


@pytest.mark.parametrize(("language", "code", "expected", "says"), CASES)
def test_it_ends_in_a_clear_error(language: str, code: str, expected: str, says: str) -> None:
    error = guest(language, code, SHORT if expected == TIMEOUT else Limits()).error
    assert error is not None
    assert (error.code, says in error.message) == (expected, True), error.message
    assert error.final == (expected != FAILED)


def test_what_it_prints_takes_no_memory() -> None:
    code = f'(module {_FD_WRITE} (memory (export "memory") 2) (data (i32.const 0) "\\00\\00\\00\\00\\00\\00\\01\\00")' \
        ' (func (export "_start") (local $i i32) (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1)' \
        ' (i32.const 70000))) (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))' \
        ' (i32.const 1000))))))'  # fmt: skip
    assert len(value("wasm", code, Limits())) == 4_096


@pytest.mark.slow
def test_the_process_stays_small() -> None:
    value("js", "1")
    value("python", "1")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for language, code in (("js", JAVASCRIPT["many texts"][0]), ("python", PYTHON["many texts"][0])) * 5:
        assert guest(language, code, Limits()).error is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB: one guest may hold 64 MB
