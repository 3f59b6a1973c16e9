"""Password hashes: right and wrong passwords, and hashes that would do harm."""

import subprocess
import sys

import pytest

from oql.passwords import (
    Argon2Cost,
    PasswordError,
    argon2_cost,
    argon2_hash,
    argon2_verify,
    bcrypt_hash,
    bcrypt_verify,
)

CHEAP = Argon2Cost(memory_kib=8, passes=1)
# The first vector of the original bcrypt test suite that has an ASCII password.
KNOWN_BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"


def test_argon2_takes_the_password_and_no_other() -> None:
    hashed = argon2_hash("secret", CHEAP)
    assert argon2_verify("secret", hashed)
    assert not argon2_verify("Secret", hashed)
    assert not argon2_verify("", hashed)


def test_argon2_hashes_name_their_kind_and_cost() -> None:
    assert argon2_hash("secret").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon2_cost(argon2_hash("secret", CHEAP)) == CHEAP


def test_two_hashes_of_one_password_differ() -> None:
    assert argon2_hash("secret", CHEAP) != argon2_hash("secret", CHEAP)


def test_argon2_counts_what_follows_a_nul() -> None:
    assert not argon2_verify("a", argon2_hash("a\0b", CHEAP))


def test_argon2_counts_every_byte_it_takes() -> None:
    longest = "x" * 1_024
    assert not argon2_verify("x" * 1_023 + "y", argon2_hash(longest, CHEAP))
    with pytest.raises(PasswordError, match=r"at most 1,024 bytes, found 1,025"):
        argon2_hash(longest + "x", CHEAP)


def test_bcrypt_takes_the_password_and_no_other() -> None:
    hashed = bcrypt_hash("secret", rounds=4)
    assert hashed.startswith("$2b$04$")
    assert bcrypt_verify("secret", hashed)
    assert not bcrypt_verify("secret2", hashed)


def test_bcrypt_verifies_what_others_hashed() -> None:
    assert bcrypt_verify("U*U", KNOWN_BCRYPT)
    assert not bcrypt_verify("U*V", KNOWN_BCRYPT)


@pytest.mark.parametrize("password", ["x" * 73, "ä" * 37, "a\0b", "\ud800"])
def test_bcrypt_refuses_what_it_would_cut_off(password: str) -> None:
    with pytest.raises(PasswordError):
        bcrypt_hash(password, rounds=4)
    with pytest.raises(PasswordError):
        bcrypt_verify(password, KNOWN_BCRYPT)


@pytest.mark.parametrize(
    "hashed",
    [
        "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21l$WlN4JAdT+PKsxp33q66K2KX0Sg37wBWOMaE7FP9FK+Q",
        "$argon2id$v=19$m=8,t=4000000,p=1$c29tZXNhbHRzb21l$WlN4JAdT+PKsxp33q66K2KX0Sg37wBWOMaE7FP9FK+Q",
        "$argon2id$v=19$m=65536,t=1,p=64$c29tZXNhbHRzb21l$WlN4JAdT+PKsxp33q66K2KX0Sg37wBWOMaE7FP9FK+Q",
    ],
)
def test_argon2_hashes_that_cost_too_much_are_refused(hashed: str) -> None:
    with pytest.raises(PasswordError, match="more memory or passes"):
        argon2_verify("secret", hashed)


def test_bcrypt_hashes_that_cost_too_much_are_refused() -> None:
    with pytest.raises(PasswordError, match=r"more than 2\*\*14 rounds"):
        bcrypt_verify("secret", KNOWN_BCRYPT.replace("$05$", "$31$"))


@pytest.mark.parametrize(
    "text",
    ["", "secret", "$", "$2b$12$short", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21l", "\ud800", "x" * 1_000_000],
)
def test_what_is_no_hash_is_refused(text: str) -> None:
    with pytest.raises(PasswordError, match="this is not an argon2 hash"):
        argon2_verify("secret", text)
    with pytest.raises(PasswordError, match="this is not a bcrypt hash"):
        bcrypt_verify("secret", text)


def test_messages_show_neither_password_nor_hash() -> None:
    with pytest.raises(PasswordError) as refused:
        argon2_verify("canary-password", "canary-hash")
    assert "canary" not in str(refused.value)


FIRST_TWO = """
import sys, threading
from oql.passwords import argon2_hash

at_the_loader, over = threading.Event(), threading.Event()

def paused(frame, event, argument):
    if "_NoBackend" in frame.f_code.co_qualname:
        at_the_loader.set()
        over.wait(10)

def first():
    sys.settrace(paused)
    print(argon2_hash("first")[:9])

thread = threading.Thread(target=first)
thread.start()
while thread.is_alive() and not at_the_loader.wait(0.01):
    pass
print(argon2_hash("second")[:9])
over.set()
thread.join()
"""
"""Two threads of a new process that make its first hash; one is held up just before the library loads its code."""


def test_two_threads_may_make_the_first_hash() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_TWO], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout.split(), done.stderr) == (["$argon2id", "$argon2id"], "")
