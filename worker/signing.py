"""Signatures of webhooks by the Standard Webhooks scheme, with a secret for each namespace."""

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from substrate.cipher import derived_key


def webhook_secret(folder: Path, namespace: str) -> str:
    """What receivers verify the webhooks of a namespace with: `whsec_...`, always the same for one data folder."""
    return f"whsec_{b64encode(derived_key(folder, f'webhooks of {namespace}')).decode()}"


def signed(secret: str, delivery: str, now: float, body: str) -> dict[str, str]:
    """The headers that carry id, time (whole Unix seconds) and signature of a webhook."""
    time = datetime.fromtimestamp(int(now), UTC)
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": Webhook(secret).sign(delivery, time, body),
    }
