"""HASH: digests, keyed digests and password hashes. `check_password` is the password side of VERIFY.

The password library is loaded when it is first needed.
"""

import hashlib
import hmac

from oql.errors import Code, OqlError, failed
from oql.verbs.declare import Family, Text, TextOrBinary
from oql.verbs.encoding import octets

family = Family("crypto", "Cryptography", failure=Code.CRYPTO_FAILED)

_DIGESTS = {
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
    "SHA3-256": "sha3_256",
    "MD5": "md5",
    "SHA1": "sha1",
    "BLAKE2B": "blake2b",
}
_KEYED = {"HMAC-SHA256": "sha256", "HMAC-SHA512": "sha512"}
PASSWORDS = ("BCRYPT", "ARGON2")
"""What hashes passwords: slow on purpose, with a salt, so that only VERIFY can compare."""


@family.verb(
    "HASH",
    draws=PASSWORDS,
    examples=[
        ('HASH "abc" USING "SHA256"', "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ('HASH "hi" USING "HMAC-SHA256" WITH "key" SET ?h AFTER LENGTH ?h', 64),
        ('HASH "secret" USING "ARGON2" SET ?h AFTER VERIFY "secret" USING "ARGON2" WITH ?h', True),
    ],
    quick=False,
)
def hash_(value: TextOrBinary, *, using: Text, with_: TextOrBinary | None = None) -> str:
    """Gives a digest in hex, a keyed digest in hex, or the modular-crypt text of a password.

    Digests: SHA256, SHA384, SHA512, SHA3-256, BLAKE2B, and for old systems MD5 and SHA1. Keyed: HMAC-SHA256
    and HMAC-SHA512, WITH their key. Passwords: BCRYPT and ARGON2, to be checked by VERIFY.
    """
    if using not in _KEYED and with_ is not None:
        raise failed(Code.CRYPTO_FAILED, f"`{using}` takes no key", 'a keyed digest is USING "HMAC-SHA256" WITH key')
    if using in _DIGESTS:
        return hashlib.new(_DIGESTS[using], octets(value, Code.CRYPTO_FAILED)).hexdigest()
    if using in _KEYED:
        return _keyed(value, using, with_)
    if using in PASSWORDS:
        return _password_hash(value, using)
    raise unknown_algorithm(using, [*_DIGESTS, *_KEYED, *PASSWORDS])


def unknown_algorithm(using: str, known: list[str]) -> OqlError:
    """The error of an algorithm that is none. It lists them all: the nearest by name may be quite another."""
    return failed(Code.CRYPTO_FAILED, f"`{using}` is not an algorithm", f"the algorithms are {', '.join(known)}")


def _keyed(value: str | bytes, using: str, key: str | bytes | None) -> str:
    if not key:
        raise failed(Code.CRYPTO_FAILED, f"`{using}` needs a key", f'write HASH ... USING "{using}" WITH key')
    message, secret = octets(value, Code.CRYPTO_FAILED), octets(key, Code.CRYPTO_FAILED)
    return hmac.digest(secret, message, _KEYED[using]).hex()


def _password_hash(password: str | bytes, using: str) -> str:
    from oql import passwords

    if isinstance(password, bytes):
        raise failed(Code.CRYPTO_FAILED, "a password is text, found binary")
    try:
        return passwords.bcrypt_hash(password) if using == "BCRYPT" else passwords.argon2_hash(password)
    except passwords.PasswordError as error:
        raise failed(Code.CRYPTO_FAILED, str(error)) from None


def check_password(password: str, using: str, hashed: str) -> bool:
    """Whether the password is that of the hash; text that is no hash, or too costly, is CryptoFailed."""
    from oql import passwords

    try:
        if using == "BCRYPT":
            return passwords.bcrypt_verify(password, hashed)
        return passwords.argon2_verify(password, hashed)
    except passwords.PasswordError as error:
        raise failed(Code.CRYPTO_FAILED, str(error)) from None
