"""What `oql serve` prints once, when the first worker answers."""

import contextlib
import os
import sys
from collections.abc import Sequence

from oql.settings import Settings
from server.landing import curl_line


class Banner:
    """Made before the workers are; whichever of them is ready first shows it."""

    def __init__(self, settings: Settings, base_url: str, others: Sequence[str] = ()) -> None:
        """`others`: further addresses of the server."""
        self._text = _text(settings, base_url, others)
        self._turn, filled = os.pipe()
        os.set_blocking(self._turn, False)
        os.write(filled, b"1")
        os.close(filled)

    def show_once(self) -> None:
        """Prints, unless another process did."""
        if os.read(self._turn, 1):
            with contextlib.suppress(OSError):
                sys.stdout.write(self._text)
                sys.stdout.flush()


def _text(settings: Settings, base_url: str, others: Sequence[str]) -> str:
    lines = [f"OQL serves {base_url} from {settings.data}", *(f"It serves {url} too" for url in others)]
    if settings.dev:
        lines.append("Development account: username test, password test")
        lines.append(f"Try it:\n  {curl_line(base_url)}")
    else:
        lines.append("Add an account with `oql account add NAME`, then try:")
        lines.append(f"  {curl_line(base_url, 'NAME', 'PASSWORD')}")
    return "\n".join(lines) + "\n"
