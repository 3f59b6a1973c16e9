"""Encryption, signatures and password checks against other implementations of the same standards."""

import base64
import json

import jwt
import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, strategies as st

from tests.fuzz.dose import dose
from tests.verbs.programs import failure_of, value_of

RAW_KEY = "0123456789abcdef0123456789abcdef"

# RFC 8037, appendix A: the seed and the public key.
SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encrypted(text: str, key: str, cipher: str = "AES-256-GCM") -> str:
    program = "ENCRYPT ?text WITH ?key USING ?cipher SET ?r AFTER EMIT ?r"
    return str(value_of(program, {"text": text, "key": key, "cipher": cipher}))


def verified(token: object, secret: str, algorithm: str = "HS256") -> object:
    program = "VERIFY ?token USING ?algorithm WITH ?secret SET ?r AFTER EMIT ?r"
    return value_of(program, {"token": token, "secret": secret, "algorithm": algorithm})


def token_of(header: dict[str, object], payload: object, secret: str) -> str:
    """A token made by PyJWT, with any header and payload."""
    algorithm = str(header.pop("alg", "HS256"))
    return jwt.PyJWS().encode(json.dumps(payload).encode(), secret, algorithm, headers=header)


@pytest.mark.parametrize(
    ("cipher", "number", "implementation"),
    [("AES-256-GCM", 1, AESGCM), ("CHACHA20-POLY1305", 2, ChaCha20Poly1305)],
)
def test_the_format_is_the_documented_one(
    cipher: str, number: int, implementation: type[AESGCM | ChaCha20Poly1305]
) -> None:
    with_raw_key = unpacked(encrypted("né", RAW_KEY, cipher))
    header, nonce, sealed = with_raw_key[:2], with_raw_key[2:14], with_raw_key[14:]
    assert header == bytes((1, number))
    assert implementation(RAW_KEY.encode()).decrypt(nonce, sealed, header) == "né".encode()

    with_text_key = unpacked(encrypted("né", "my key", cipher))
    header, salt, nonce, sealed = with_text_key[:2], with_text_key[2:18], with_text_key[18:30], with_text_key[30:]
    key = hash_secret_raw(b"my key", salt, 2, 19 * 1024, 1, 32, Type.ID)
    assert implementation(key).decrypt(nonce, sealed, header) == "né".encode()


def test_a_key_is_raw_by_its_bytes_not_its_characters() -> None:
    key = "é" * 16
    found = unpacked(encrypted("", key))
    assert AESGCM(key.encode()).decrypt(found[2:14], found[14:], found[:2]) == b""


@given(st.integers(0, 2 + 12 + 6 + 16 - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, change: int) -> None:
    found = bytearray(unpacked(encrypted("secret", RAW_KEY)))
    found[place] ^= change
    error = failure_of("DECRYPT ?t WITH ?k", {"t": packed(bytes(found)), "k": RAW_KEY})
    assert (error.code, error.message) == ("CryptoFailed", "the text cannot be decrypted")


@given(st.text(max_size=80) | st.binary(max_size=80).map(packed))
@dose(50)
def test_what_was_never_encrypted_is_a_clear_error(text: str) -> None:
    assert failure_of("DECRYPT ?t WITH ?k", {"t": text, "k": RAW_KEY}).code == "CryptoFailed"


@pytest.mark.parametrize(
    "program",
    [
        'ENCRYPT "x" WITH ""',
        'SIGN "x" USING "HS256" WITH ""',
        'HASH "x" USING "HMAC-SHA256" WITH ""',
        'SIGN "x" USING "EDDSA" WITH "no key"',
        'SIGN "x" USING "none" WITH "secret"',
        'SIGN "x" USING "RS256" WITH "secret"',
        'VERIFY 5 USING "HS256" WITH "secret"',
        'HASH "x" USING "SHA256" WITH "key"',
        'ENCRYPT ?half WITH "k"',
        'HASH ?half USING "SHA256"',
        'COMPARE ?half WITH "x"',
    ],
)
def test_what_cannot_be_done_is_refused(program: str) -> None:
    assert failure_of(program, {"half": "\ud800x"}).code == "CryptoFailed"


def test_ed25519_as_others_sign_and_verify_it() -> None:
    program = 'SIGN ?p USING "EDDSA" WITH ?seed SET ?t AFTER EMIT ?t'
    token = value_of(program, {"p": {"sub": "ada"}, "seed": SEED})
    key = jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "x": PUBLIC})
    assert jwt.decode(token, key, algorithms=["EdDSA"]) == {"sub": "ada"}
    public = key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert verified(token, public, "EDDSA") == {"sub": "ada"}
    assert verified(token, SEED, "EDDSA") == {"sub": "ada"}


def test_a_key_of_another_kind_is_refused() -> None:
    made = rsa.generate_private_key(65_537, 2_048)
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for program in ('SIGN "x" USING "EDDSA" WITH ?private', 'VERIFY "a.b.c" USING "EDDSA" WITH ?public'):
        error = failure_of(program, {"private": private, "public": public})
        assert error.message == "expected an Ed25519 key, found a key of another kind"


@pytest.mark.parametrize("value", [None, True, 1.5, "text", [1, {"a": None}], {"a": "é"}, {}])
def test_any_value_is_signed_as_it_is(value: object) -> None:
    program = 'SIGN ?v USING "HS512" WITH "s" SET ?t AFTER VERIFY ?t USING "HS512" WITH "s" SET ?r AFTER EMIT ?r'
    assert value_of(program, {"v": value}) == value


# The clock of these runs stands at 0.
@pytest.mark.parametrize(
    ("payload", "good"),
    [
        ({"exp": 1}, True),
        ({"exp": 0}, False),
        ({"exp": 0.5}, True),
        ({"exp": -1}, False),
        ({"nbf": 0}, True),
        ({"nbf": 1}, False),
        ({"exp": "9"}, False),
        ({"exp": None}, False),
        ({"nbf": True}, False),
        ({"nbf": -5, "exp": 5}, True),
        (["exp", 0], True),
    ],
)
def test_tokens_are_valid_in_their_time(payload: object, good: bool) -> None:
    assert verified(token_of({}, payload, "secret" * 6), "secret" * 6) == (payload if good else None)


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS384"}, {"alg": "HS512"}, {"crit": ["b64"], "b64": False}]
)
def test_the_header_decides_nothing(header: dict[str, object]) -> None:
    secret = "" if header.get("alg") == "none" else "s" * 64
    assert verified(token_of(header, {"sub": "eve"}, secret), "s" * 64) is None


def test_a_critical_header_that_is_not_understood_makes_a_token_bad() -> None:
    assert verified(token_of({"crit": ["new"], "new": 1}, {"sub": "eve"}, "s" * 32), "s" * 32) is None


@pytest.mark.parametrize("token", [None, "", ".", "..", "a.b.c", "\ud800.a.b", "a" * 100_000])
def test_what_is_no_token_gives_null(token: object) -> None:
    assert verified(token, "secret") is None


def test_no_password_is_right_for_null() -> None:
    program = 'HASH "" USING "ARGON2" SET ?h AFTER VERIFY ?none USING "ARGON2" WITH ?h SET ?r AFTER EMIT ?r'
    assert value_of(program) is False


@pytest.mark.parametrize(
    ("algorithm", "hashed"),
    [
        ("BCRYPT", "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("ARGON2", "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b8dWRWJTmaaJObG"),
        ("ARGON2", "$argon2id$v=19$m=19456,t=1000000,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b8dWRWJTmaaJObG"),
        ("BCRYPT", "no hash"),
        ("ARGON2", ""),
    ],
)
def test_a_hash_cannot_ask_for_too_much(algorithm: str, hashed: str) -> None:
    program = "VERIFY 'password' USING ?algorithm WITH ?hashed"
    assert failure_of(program, {"algorithm": algorithm, "hashed": hashed}).code == "CryptoFailed"


def test_missing_secrets_never_match() -> None:
    assert value_of("COMPARE ?a WITH ?b SET ?r AFTER EMIT ?r") is False
    assert value_of('COMPARE 12 WITH "12" SET ?r AFTER EMIT ?r') is True
    assert value_of("COMPARE ?b WITH 'é' SET ?r AFTER EMIT ?r", {"b": "é".encode()}) is True
