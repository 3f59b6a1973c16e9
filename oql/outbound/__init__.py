"""The one way out: whatever programs and the server ask of other machines over HTTP goes through `Outbound`.

places.py     reads a URL, strictly                    addresses.py  knows which addresses are public
rules.py      knows what the operator allows           network.py    looks names up, checks, connects to what it checked
client.py     sends a request and follows redirects, each checked anew
bodies.py     unpacks what comes back                  streams.py    connections that end with the call that uses them
proxy.py      the same guard for a program that opens connections by itself
"""

from oql.outbound.client import Outbound, Response
from oql.outbound.errors import Forbidden, OutboundError, Stopped, TimedOut, TooLarge, Unreachable
from oql.outbound.rules import hosts_in

__all__ = [
    "Forbidden",
    "Outbound",
    "OutboundError",
    "Response",
    "Stopped",
    "TimedOut",
    "TooLarge",
    "Unreachable",
    "hosts_in",
]
