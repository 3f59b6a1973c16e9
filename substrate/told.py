"""What a frame of the change log tells those who may read its rows: secrets in clear, as in answers."""

import base64
from typing import Any

from substrate import json
from substrate.catalog import Catalog
from substrate.cipher import Cipher
from substrate.columns import Json
from substrate.errors import Unavailable


def operations(frame: bytes, catalog: Catalog, cipher: Cipher) -> list[Json]:
    """The operations of a frame; the columns that are secret now are decrypted."""
    found: list[Json] = json.loads(frame)["ops"]
    for operation in found:
        table = catalog.tables.get(operation.get("schema", "")) if operation["op"] == "put" else None
        if table is not None:
            secret = [name for name, kind in table.manifest.types.items() if kind.secret]
            operation["row"] |= {name: _clear(operation["row"].get(name), cipher) for name in secret}
    return found


def _clear(value: Any, cipher: Cipher) -> Json:
    """A secret in clear; what was written before its column was secret is in clear already."""
    try:
        return None if value is None else cipher.decrypt(base64.b64decode(value, validate=True))
    except (TypeError, ValueError, Unavailable):
        return value
