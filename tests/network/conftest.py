"""What the tests of this room share: web servers on this machine, and guards that are closed."""

from tests.outbound.conftest import _closed, other, web

__all__ = ["_closed", "other", "web"]
