"""The links of jobs: where they are asked for, and where people answer what they wait for.

The link of a form or question is a capability: whoever has it may answer. Its token is sealed with a key of the
installation and names what it is for, so none is kept anywhere, and none can be made up.
"""

import base64
import binascii
import hashlib
from pathlib import Path
from urllib.parse import quote

from oql import json
from substrate.cipher import Cipher, derived_key
from substrate.errors import Unavailable

_PURPOSE = "links for people"
_LONGEST = 4_000


class Links:
    """Links that begin with `base_url`."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._cipher = Cipher(derived_key(folder, _PURPOSE))
        self._base_url = base_url

    def job(self, job: str) -> str:
        """Where a job is asked for."""
        return f"{self._base_url}/v1/job/{job}"

    def confirm(self, job: str, key: str | None = None) -> str:
        """Where programs answer what a job waits for; with a key, just what it waits for under that."""
        return f"{self._base_url}/v1/confirm/{job}" + (f"?key={quote(key, safe='')}" if key else "")

    def gather(self, namespace: str, job: str, key: str) -> str:
        """Where a person answers what a job waits for under this key."""
        sealed = self._cipher.encrypt(json.dumps([namespace, job, key]).decode())
        return f"{self._base_url}/gather/{_text(sealed)}"

    def read(self, token: str) -> tuple[str, str, str] | None:
        """The namespace, job and key that the token of a link stands for; None where it is none of ours."""
        try:
            namespace, job, key = json.loads(self._cipher.decrypt(_unsealed(token)))
        except (Unavailable, binascii.Error, ValueError):
            return None
        return namespace, job, key

    def proof(self, token: str) -> str:
        """What the page of a link sends back with an answer, and no other page knows: another text each time."""
        return _text(self._cipher.encrypt(json.dumps([_digest(token)]).decode()))

    def proves(self, token: str, proof: str) -> bool:
        """Whether a text came from the page of this link."""
        try:
            found: bool = json.loads(self._cipher.decrypt(_unsealed(proof))) == [_digest(token)]
        except (Unavailable, binascii.Error, ValueError):
            return False
        return found


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _unsealed(text: str) -> bytes:
    """The bytes that `_text` has written. Raises ValueError."""
    sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(text) > _LONGEST or _text(sealed) != text:
        raise ValueError("not in the one form that is written")
    return sealed


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
