"""The links of jobs: where they are asked for, and where people answer what they wait for.

The link of a form or question is a capability: whoever has it may answer. Its token is sealed with a key of the
installation and names what it is for, so none is kept anywhere, and none can be made up.
"""

import base64
import binascii
from pathlib import Path

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

    def confirm(self, job: str) -> str:
        """Where programs answer what a job waits for."""
        return f"{self._base_url}/v1/confirm/{job}"

    def gather(self, namespace: str, job: str, key: str) -> str:
        """Where a person answers what a job waits for under this key."""
        sealed = self._cipher.encrypt(json.dumps([namespace, job, key]).decode())
        return f"{self._base_url}/gather/{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def read(self, token: str) -> tuple[str, str, str] | None:
        """The namespace, job and key that the token of a link stands for; None where it is none of ours."""
        if len(token) > _LONGEST:
            return None
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            namespace, job, key = json.loads(self._cipher.decrypt(sealed))
        except (Unavailable, binascii.Error, ValueError):
            return None
        return namespace, job, key
