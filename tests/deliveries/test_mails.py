"""Mails to a real mail server: what arrives, TLS, login, refusals now and for good."""

import socket
import ssl

import pytest
import trustme

from oql.deliveries import Delivery, add_email, listed
from oql.local import new_id
from oql.mail import MailServer, sender_of
from oql.outbound import Outbound
from substrate.interface import Namespace
from tests.deliveries.inbox import Inbox, receiving
from worker.deliveries import Deliverer
from worker.mail import Mailer


def send(namespace: Namespace, mailer: Mailer | None, body: str = "Hello", subject: str = "Hi") -> Delivery:
    """Queues a mail and tries to deliver it; the delivery afterwards."""
    namespace.write(
        lambda frame: add_email(
            frame, job="j", to="ada@example.com", subject=subject, body=body, now=100.0, new_id=new_id
        )
    )
    Deliverer(Outbound(), mailer, lambda name: "", lambda: 0.0).deliver_due(namespace, 100.0)
    [delivery] = listed(namespace, "j")
    return delivery


def mailer(inbox: Inbox, login: str = "", sender: str = "OQL <oql@example.org>", **options: ssl.SSLContext) -> Mailer:
    """A mailer to the server of the tests."""
    return Mailer(f"smtp://{login}127.0.0.1:{inbox.port}", sender, **options)


def test_a_mail_arrives(namespace: Namespace, inbox: Inbox) -> None:
    delivery = send(namespace, mailer(inbox), "Grüße\n.\nend", "Grüße")
    assert (delivery.state, delivery.attempts) == ("delivered", ({"at": 100, "ms": 0, "status": 250},))
    [mail] = inbox.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == ("OQL <oql@example.org>", "ada@example.com", "Grüße")
    assert mail["Message-ID"] == f"<{delivery.id}@example.org>"
    assert mail["Date"] == "Thu, 01 Jan 1970 00:01:40 -0000"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == ["Grüße", ".", "end"]
    assert inbox.envelopes == [("oql@example.org", ["ada@example.com"])]


def test_a_body_that_begins_like_html_is_html(namespace: Namespace, inbox: Inbox) -> None:
    send(namespace, mailer(inbox), "<h1>Hello</h1>")
    assert inbox.mails[0].get_content_type() == "text/html"
    assert inbox.mails[0].get_content().strip() == "<h1>Hello</h1>"


@pytest.mark.parametrize(
    ("rcpt", "data", "state", "status"),
    [
        ("450 later", "", "pending", 450),
        ("550 nobody here", "", "failed", 550),
        ("", "451 later", "pending", 451),
        ("", "554 spam", "failed", 554),
    ],
)
def test_4xx_is_tried_again_and_5xx_is_not(
    namespace: Namespace, inbox: Inbox, rcpt: str, data: str, state: str, status: int
) -> None:
    inbox.rcpt, inbox.data = rcpt, data
    delivery = send(namespace, mailer(inbox))
    assert (delivery.state, delivery.due) == (state, 105.0 if state == "pending" else None)
    text = (rcpt or data).partition(" ")[2]
    assert delivery.attempts[0]["status"] == status
    assert delivery.attempts[0]["error"] == f"the mail server answered {status}: {text}"


def test_a_server_that_is_not_there_is_tried_again(namespace: Namespace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    delivery = send(namespace, Mailer(f"smtp://127.0.0.1:{port}", "oql@example.org"))
    assert (delivery.state, delivery.attempts[0]["error"]) == ("pending", "the mail server cannot be reached")


def test_without_a_mail_server_it_waits(namespace: Namespace) -> None:
    delivery = send(namespace, None)
    assert delivery.state == "pending"
    assert delivery.attempts[0]["error"].startswith("this server has no mail server")


# login and TLS


def test_the_user_of_the_url_logs_in(namespace: Namespace, inbox: Inbox) -> None:
    assert send(namespace, mailer(inbox, "user%40x:sec%72et@")).state == "delivered"
    assert inbox.logins == [(b"user@x", b"secret")]


def test_a_login_that_is_refused_is_tried_again(namespace: Namespace, inbox: Inbox) -> None:
    delivery = send(namespace, mailer(inbox, "user:wrong@"))
    assert (delivery.state, delivery.attempts[0]["status"]) == ("pending", 535)
    assert "wrong" not in str(delivery.attempts)
    assert inbox.mails == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the certificates of these tests."""
    return trustme.CA()


def test_tls_is_used_where_it_is_offered(namespace: Namespace, authority: trustme.CA) -> None:
    context, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trust)
    with receiving(Inbox(), context) as inbox:
        assert send(namespace, mailer(inbox, "user:secret@", tls=trust)).state == "delivered"
    assert inbox.secured == [True]


def test_smtps_is_tls_from_the_first_byte(namespace: Namespace, authority: trustme.CA) -> None:
    context, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trust)
    with receiving(Inbox(), context, at_once=True) as inbox:
        secure = Mailer(f"smtps://127.0.0.1:{inbox.port}", "oql@example.org", trust)
        assert send(namespace, secure).state == "delivered"
    assert len(inbox.mails) == 1


def test_a_certificate_of_nobody_known_is_refused(namespace: Namespace, authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with receiving(Inbox(), context) as inbox:
        delivery = send(namespace, mailer(inbox, "user:secret@"))
    assert delivery.attempts[0]["error"].startswith("the certificate of the mail server is not accepted")
    assert (inbox.mails, inbox.logins) == ([], [])


# what is declared


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, False)),
        ("smtps://mail.example.com/", MailServer("mail.example.com", 465, True)),
        ("smtp://u:p%3A%40@[::1]:25", MailServer("::1", 25, False, "u", "p:@")),
    ],
)
def test_a_url_names_a_server(url: str, server: MailServer) -> None:
    assert MailServer.of(url) == server


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://a.b", "smtp://", "smtp://a:b:c", "smtp://a:x"])
def test_a_url_that_names_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a URL such as"):
        MailServer.of(url)


@pytest.mark.parametrize(
    "text", ["", "Ada", "Ada <ada>", "a@b.org\r\nBcc: c@d.org", "A\r\nB <a@b.org>", "a@b.org, c@d.org", "A <a@b.org>\n"]
)
def test_a_sender_is_one_address(text: str) -> None:
    with pytest.raises(ValueError, match="a sender such as"):
        sender_of(text)
