"""Encrypted columns: AES-256-GCM under the key of the installation (NIST SP 800-38D), a fresh nonce for each value.

1 byte    0x01, the form of what follows
12 bytes  nonce
n bytes   ciphertext, with the tag of 16 bytes at its end
"""

import contextlib
import os
import threading
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from substrate.errors import Unavailable

_FORM = b"\x01"
_NONCE = 12
_KEY_BYTES = 32


class Cipher:
    """Encrypts with one key. Safe to share between threads."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def encrypt(self, text: str) -> bytes:
        """The ciphertext of a text: another one each time."""
        nonce = os.urandom(_NONCE)
        return _FORM + nonce + self._aead.encrypt(nonce, text.encode(), _FORM)

    def decrypt(self, data: bytes) -> str:
        """The text. Raises Unavailable where the key is another one or the data damaged."""
        try:
            return self._aead.decrypt(data[1 : 1 + _NONCE], data[1 + _NONCE :], data[:1]).decode()
        except (InvalidTag, ValueError):
            raise Unavailable("an encrypted value cannot be read: it was written under another key") from None


def cipher_in(folder: Path) -> Cipher:
    """The cipher of a data folder. Raises Unavailable: it has no usable key."""
    return Cipher(_key_in(folder))


def derived_key(folder: Path, purpose: str) -> bytes:
    """32 bytes that only the key of this data folder gives, others for each purpose (HKDF with SHA-256, RFC 5869).

    Raises Unavailable: it has no usable key.
    """
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return kdf.derive(_key_in(folder))


def kept_key(folder: Path) -> bytes | None:
    """The key of a data folder; None where it is made at first use. Changes nothing. Raises Unavailable.

    Where there are namespaces already it has been lost, and another one could not read what they have encrypted.
    """
    path = folder / "secret.key"
    if not path.exists():
        # Looked for again: whoever makes the first namespace meanwhile makes the key before that.
        if any((folder / "namespaces").glob("*/store.sqlite")) and not path.exists():
            raise _unusable(path, "is missing")
        return None
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise _unusable(path, f"is damaged: expected {_KEY_BYTES} bytes, found {len(key):,}")
    return key


def _key_in(folder: Path) -> bytes:
    """The key of a data folder, `secret.key`: made at first use, readable by its owner only. Raises Unavailable."""
    key = kept_key(folder)
    if key is None:
        _make_key(folder / "secret.key")
        key = kept_key(folder)
        assert key is not None
    return key


def _unusable(path: Path, how: str) -> Unavailable:
    """The refusal of a folder without its key."""
    return Unavailable(
        f"the key {path} {how}; put it back from a backup. Where there is none, {_KEY_BYTES} random bytes may take its"
        " place, and what was encrypted is lost"
    )


def _make_key(path: Path) -> None:
    """Writes a key under another name first: whoever looks meanwhile sees no key or all of one, and the first stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(AESGCM.generate_key(8 * _KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
