"""Names are looked up once for each connection, every address counts, and the connection goes to what was checked."""

import socket
import ssl
from collections.abc import Iterator, Sequence

import pytest
import trustme

from oql.outbound import Forbidden, Outbound, Unreachable
from oql.outbound.network import is_own
from tests.outbound.servers import Answer, Web, guard, serving

PRIVATE = [
    ["127.0.0.1"],
    ["8.8.8.8", "10.0.0.1"],
    ["10.0.0.1", "8.8.8.8"],
    ["2606:4700::1111", "::1"],
    ["::ffff:127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["fe80::1%eth0"],
    ["169.254.169.254"],
    ["odd"],
    ["8.8.8.8"] * 9 + ["192.168.0.1"],
]
"""Answers of a resolver of which one address at least is not public."""


class Names:
    """A resolver whose answers are given in turn, the last one for good; notes what it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize("addresses", PRIVATE)
def test_every_address_of_a_name_must_be_public(addresses: list[str]) -> None:
    with pytest.raises(Forbidden) as refused:
        guard(resolve=Names(addresses)).request("GET", "https://rebind.example.com/")
    assert str(refused.value) == "`rebind.example.com` is not a public host; whoever runs the server may allow it"


def test_a_name_without_addresses_is_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"there is no host `a.example.com`"):
        guard(resolve=Names([])).request("GET", "https://a.example.com/")


def test_an_address_of_this_machine_is_no_public_one() -> None:
    assert is_own("127.0.0.1")
    assert is_own(socket.gethostbyname(socket.gethostname()))
    assert not is_own("8.8.8.8")


def test_the_connection_goes_to_the_checked_address(web: Web) -> None:
    # Were the name looked up again for the connection, that would find another machine.
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with serving(Web()) as unused:
        outbound = guard([f"app.corp:{web.port}"], resolve=names)
        got = outbound.request("GET", f"http://app.corp:{web.port}/x")
        assert unused.asked == []
    assert got.body == b"/x"
    assert names.asked == [("app.corp", web.port)]
    assert web.asked[0].headers["host"] == f"app.corp:{web.port}"


def test_a_kept_connection_still_leads_to_the_checked_address(web: Web) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    outbound = guard([f"app.corp:{web.port}"], resolve=names)
    for _ in range(3):
        outbound.request("GET", f"http://app.corp:{web.port}/")
    assert (len(names.asked), len(web.asked)) == (1, 3)


def test_each_redirect_is_looked_up_and_checked(web: Web) -> None:
    web.answers["/"] = Answer(302, {"Location": "https://inner.example.com/"})
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    with pytest.raises(Forbidden):
        guard([f"app.corp:{web.port}"], resolve=names).request("GET", f"http://app.corp:{web.port}/")
    assert names.asked == [("app.corp", web.port), ("inner.example.com", 443)]


def test_the_next_address_is_tried(web: Web) -> None:
    outbound = guard([f"app.corp:{web.port}"], resolve=Names(["127.0.0.9", "127.0.0.1"]))
    assert outbound.request("GET", f"http://app.corp:{web.port}/").status == 200


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the certificates of these tests."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Web]:
    """A server that answers over https, with a certificate for `app.corp`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("app.corp").configure_cert(context)
    asked: list[str] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    with serving(Web(context)) as server:
        server.names = asked  # type: ignore[attr-defined]  # what clients said they look for
        yield server


def trusting(authority: trustme.CA, *allow: str) -> Outbound:
    """A guard that trusts the authority, and finds every name on this machine."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return guard(allow, resolve=Names(["127.0.0.1"]), tls=context)


def test_tls_is_for_the_name_of_the_url(authority: trustme.CA, secure: Web) -> None:
    outbound = trusting(authority, f"app.corp:{secure.port}")
    assert outbound.request("GET", f"https://app.corp:{secure.port}/x").body == b"/x"
    assert secure.names == ["app.corp"]  # type: ignore[attr-defined]  # see the fixture


def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, secure: Web) -> None:
    outbound = trusting(authority, f"other.corp:{secure.port}")
    with pytest.raises(Unreachable, match=r"the certificate of `other.corp` is not accepted: Hostname mismatch"):
        outbound.request("GET", f"https://other.corp:{secure.port}/")


def test_a_certificate_of_nobody_known_is_refused(secure: Web) -> None:
    outbound = guard([f"app.corp:{secure.port}"], resolve=Names(["127.0.0.1"]))
    with pytest.raises(Unreachable, match=r"the certificate of `app.corp` is not accepted"):
        outbound.request("GET", f"https://app.corp:{secure.port}/")
    assert secure.asked == []


def test_a_server_without_tls_is_unreachable(web: Web) -> None:
    with pytest.raises(Unreachable, match="could not be reached over TLS"):
        guard([web.at]).request("GET", f"https://{web.at}/")
