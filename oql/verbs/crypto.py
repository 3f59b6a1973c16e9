"""Verbs that keep secrets and prove origin: ENCRYPT, DECRYPT, SIGN, VERIFY and COMPARE.

What ENCRYPT writes, before base64url:

    version  1 byte   1
    suite    1 byte   1 AES-256-GCM, 2 CHACHA20-POLY1305
    salt    16 bytes  only where the key text is stretched
    nonce   12 bytes
    the encrypted text and its tag of 16 bytes; version and suite are authenticated with it

A key of exactly 32 bytes is used as it is. Any other is stretched by Argon2id (RFC 9106) at the cost of the
project's password hashes: 19 MiB and 2 passes, the first choice of OWASP's Password Storage Cheat Sheet;
HKDF would not slow a guesser at all, and scrypt of that strength takes 128 MiB. Nonces and salts come from
the context's randomness.

cryptography and PyJWT are loaded when they are first needed.
"""

import hmac
from functools import cache
from typing import Any as AnyKey

from oql import json
from oql.context import Context
from oql.errors import Code, OqlError, expected, failed, unknown
from oql.values import Value, json_weight, text_form, to_json
from oql.verbs.declare import Any, Text, describe
from oql.verbs.encoding import base64url, from_base64url, octets
from oql.verbs.hashing import PASSWORDS, check_password, family, unknown_algorithm
from oql.verbs.run import Run

_VERSION = 1
_SUITES = {"AES-256-GCM": 1, "CHACHA20-POLY1305": 2}
_HEADER, _SALT, _NONCE, _KEY, _TAG = 2, 16, 12, 32, 16
_SIGNATURES = {"HS256": "HS256", "HS512": "HS512", "EDDSA": "EdDSA"}
_KEY_HINT = "an Ed25519 key is PEM text, or its 32 bytes as base64url"


@family.verb(
    "ENCRYPT",
    draws=True,
    examples=[
        ('ENCRYPT "hi" WITH "key" SET ?e AFTER DECRYPT ?e WITH "key"', "hi"),
        (
            'ENCRYPT "hi" WITH "key" USING "CHACHA20-POLY1305" SET ?e '
            'AFTER DECRYPT ?e WITH "key" USING "CHACHA20-POLY1305"',
            "hi",
        ),
    ],
    quick=False,
)
def encrypt(run: Run, text: Text, *, with_: Text, using: Text = "AES-256-GCM") -> str:
    """Encrypts text WITH a key, by AES-256-GCM or CHACHA20-POLY1305, and gives it as base64url.

    A key of 32 bytes is used as it is, any other is stretched by Argon2id with a salt.
    """
    run.claim(2 * len(text))
    random = run.context.random.randbytes
    header = bytes((_VERSION, _suite(using)))
    secret = _secret(with_)
    salt = b"" if len(secret) == _KEY else random(_SALT)
    nonce = random(_NONCE)
    sealed = _cipher(using, secret, salt).encrypt(nonce, octets(text, Code.CRYPTO_FAILED), header)
    return base64url(header + salt + nonce + sealed)


@family.verb("DECRYPT", examples=[('ENCRYPT "" WITH "k" SET ?e AFTER DECRYPT ?e WITH "k"', "")], quick=False)
def decrypt(text: Text, *, with_: Text, using: Text = "AES-256-GCM") -> str:
    """Gives back what ENCRYPT was given. Another key, algorithm or a changed text is CryptoFailed."""
    from cryptography.exceptions import InvalidTag

    secret, suite = _secret(with_), _suite(using)
    salt_end = _HEADER + (0 if len(secret) == _KEY else _SALT)
    nonce_end = salt_end + _NONCE
    try:
        found = from_base64url(text)
    except ValueError:
        raise _not_decrypted() from None
    if found[:_HEADER] != bytes((_VERSION, suite)) or len(found) < nonce_end + _TAG:
        raise _not_decrypted()
    cipher = _cipher(using, secret, found[_HEADER:salt_end])
    try:
        plain: bytes = cipher.decrypt(found[salt_end:nonce_end], found[nonce_end:], found[:_HEADER])
    except InvalidTag:
        raise _not_decrypted() from None
    return plain.decode()


def _suite(using: str) -> int:
    if using not in _SUITES:
        raise unknown(Code.CRYPTO_FAILED, "a cipher", using, _SUITES, hint=f"the ciphers are {', '.join(_SUITES)}")
    return _SUITES[using]


def _secret(key: str) -> bytes:
    if not key:
        raise failed(Code.CRYPTO_FAILED, "the key is empty")
    return octets(key, Code.CRYPTO_FAILED)


def _cipher(using: str, secret: bytes, salt: bytes) -> AnyKey:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

    key = _stretched(secret, salt) if salt else secret
    return AESGCM(key) if using == "AES-256-GCM" else ChaCha20Poly1305(key)


def _stretched(secret: bytes, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    from oql.passwords import DEFAULT_COST

    cost = DEFAULT_COST
    stretch = Argon2id(salt=salt, length=_KEY, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return stretch.derive(secret)


def _not_decrypted() -> OqlError:
    hint = "the key or USING differs from ENCRYPT's, or the text was changed or cut"
    return failed(Code.CRYPTO_FAILED, "the text cannot be decrypted", hint)


@family.verb(
    "SIGN",
    examples=[
        (
            'NEW JSON OBJECT OPEN NEST SET "sub" AS "ada" CLOSE NEST SET ?p '
            'AFTER SIGN ?p USING "HS256" WITH "secret" SET ?t '
            'AFTER VERIFY ?t USING "HS256" WITH "secret" SET ?v AFTER EMIT ?v(sub)',
            "ada",
        )
    ],
    quick=False,
)
def sign(run: Run, value: Any, *, using: Text, with_: Text) -> str:
    """Makes a signed JSON Web Token of a value: HS256 or HS512 WITH a secret, EDDSA WITH an Ed25519 key.

    A token of an object may hold `exp` and `nbf` in Unix seconds, which VERIFY heeds; other values are
    signed as they are. The Ed25519 key is private PEM text, or its seed of 32 bytes as base64url.
    """
    algorithm = _algorithm(using, [*_SIGNATURES])
    run.claim(2 * json_weight(value))
    payload = to_json(value)
    return _signed(payload, _signing_key(using, with_), algorithm)


@family.verb(
    "VERIFY",
    examples=[
        ('SIGN "x" USING "HS512" WITH "secret" SET ?t AFTER VERIFY ?t USING "HS512" WITH "secret"', "x"),
        ('SIGN "x" USING "HS256" WITH "secret" SET ?t AFTER VERIFY ?t USING "HS256" WITH "other"', None),
        ('HASH "pw" USING "BCRYPT" SET ?h AFTER VERIFY "pw" USING "BCRYPT" WITH ?h', True),
    ],
    quick=False,
)
def verify(context: Context, value: Any, *, using: Text, with_: Text) -> Value:
    """Checks a signed token or a password; USING decides which.

    HS256, HS512 and EDDSA give the token's payload, or null when it is no token, has another algorithm or
    signature, or is not valid now by `exp` and `nbf`. EDDSA takes a public PEM key, or what SIGN takes.
    BCRYPT and ARGON2 tell whether a password is that of a hash.
    """
    algorithm = _algorithm(using, [*_SIGNATURES, *PASSWORDS])
    if value is not None and not isinstance(value, str):
        raise expected(Code.CRYPTO_FAILED, "text to verify", describe(value))
    if using in PASSWORDS:
        return value is not None and check_password(value, using, with_)
    key = _checking_key(using, with_)
    payload = None if value is None else _verified(value, key, algorithm)
    return payload if _valid_at(payload, context.now) else None


def _algorithm(using: str, known: list[str]) -> str:
    if using not in known:
        raise unknown_algorithm(using, known)
    return _SIGNATURES.get(using, using)


def _signed(payload: bytes, key: AnyKey, algorithm: str) -> str:
    from jwt import PyJWTError

    try:
        return str(_tokens().encode(payload, key, algorithm))
    except (PyJWTError, ValueError, TypeError) as error:
        raise failed(Code.CRYPTO_FAILED, f"the secret does not fit: {error}") from None


def _verified(token: str, key: AnyKey, algorithm: str) -> Value:
    """The payload of a good token, else None."""
    from jwt import PyJWTError

    try:
        payload = _tokens().decode(token, key, algorithms=[algorithm])
        return json.loads(payload)
    except (PyJWTError, ValueError, TypeError):
        return None


def _valid_at(payload: Value, now: float) -> bool:
    """Whether `exp` and `nbf` of a payload allow it now; what is no number allows nothing."""
    if not isinstance(payload, dict):
        return True
    expires, begins = payload.get("exp", now + 1), payload.get("nbf", now)
    if not all(type(limit) in (int, float) for limit in (expires, begins)):
        return False
    return bool(begins <= now < expires)


@cache
def _tokens() -> AnyKey:
    """PyJWT's signer, which also takes shorter HMAC secrets than RFC 7518 asks for, without a warning."""
    from jwt import PyJWS
    from jwt.algorithms import HMACAlgorithm

    class Hmac(HMACAlgorithm):
        def check_key_length(self, key: bytes) -> None:
            return None

    tokens = PyJWS(algorithms=[*_SIGNATURES.values()])
    for name, digest in (("HS256", Hmac.SHA256), ("HS512", Hmac.SHA512)):
        tokens.unregister_algorithm(name)
        tokens.register_algorithm(name, Hmac(digest))
    return tokens


def _signing_key(using: str, secret: str) -> AnyKey:
    found = _secret(secret)
    if using != "EDDSA":
        return found
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if not secret.startswith("-----BEGIN"):
            return Ed25519PrivateKey.from_private_bytes(from_base64url(secret))
        key = load_pem_private_key(found, None)
    except (ValueError, TypeError):
        raise expected(Code.CRYPTO_FAILED, "an Ed25519 key", "other text", hint=_KEY_HINT) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise expected(Code.CRYPTO_FAILED, "an Ed25519 key", "a key of another kind", hint=_KEY_HINT)
    return key


def _checking_key(using: str, secret: str) -> AnyKey:
    if using != "EDDSA" or "PUBLIC KEY" not in secret.partition("\n")[0]:
        return _signing_key(using, secret)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_secret(secret))
    except (ValueError, TypeError):
        raise expected(Code.CRYPTO_FAILED, "an Ed25519 key", "other text", hint=_KEY_HINT) from None
    if not isinstance(key, Ed25519PublicKey):
        raise expected(Code.CRYPTO_FAILED, "an Ed25519 key", "a key of another kind", hint=_KEY_HINT)
    return key


@family.verb(
    "COMPARE",
    examples=[('COMPARE "secret" WITH "secret"', True), ("COMPARE null WITH null", False)],
)
def compare(value: Any, *, with_: Any) -> bool:
    """Tells whether two values have the same text form, in a time that does not depend on where they differ.

    Null is like nothing, not even null: a missing token never matches a missing secret.
    """
    if value is None or with_ is None:
        return False
    return hmac.compare_digest(_compared(value), _compared(with_))


def _compared(value: Value) -> bytes:
    return value if isinstance(value, bytes) else octets(text_form(value), Code.CRYPTO_FAILED)
