"""Mails over SMTP."""

import contextlib
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from ipaddress import ip_address

from oql.deliveries import Delivery
from oql.mail import MailServer, sender_of

SECONDS = 15.0
"""How long each answer of the mail server is waited for."""


class MailError(Exception):
    """A mail that was not taken. `hopeless`: it never will be; `status`: what the server answered, where it did."""

    def __init__(self, message: str, *, status: int | None = None, hopeless: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.hopeless = hopeless


class Mailer:
    """Hands mails to a server, from one sender: `ada@example.com` or `Ada <ada@example.com>`.

    tls: whom to trust; the machine's own authorities without it. Raises ValueError: the URL or the sender.
    """

    def __init__(self, url: str, sender: str, tls: ssl.SSLContext | None = None) -> None:
        self._server = MailServer.of(url)
        self._sender = sender_of(sender)
        self._tls = tls

    def send(self, mail: Delivery) -> int:
        """Hands one mail over, and gives the server's answer (250). Raises MailError."""
        message = message_of(mail, self._sender)
        try:
            self._hand_over(message, mail.target)
        except smtplib.SMTPRecipientsRefused as error:
            status, reason = next(iter(error.recipients.values()))
            raise _refused(status, reason) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPResponseException as error:  # it greets badly or refuses the login: not the mail's fault
            text = f"the mail server answered {error.smtp_code}{_reason(error.smtp_error)}"
            raise MailError(text, status=error.smtp_code) from None
        except smtplib.SMTPException as error:
            raise MailError(f"the mail server broke off: {error}") from None
        except TimeoutError:
            raise MailError(f"the mail server gave no answer within {SECONDS:g} s") from None
        except ssl.SSLCertVerificationError as error:
            raise MailError(f"the certificate of the mail server is not accepted: {error.verify_message}") from None
        except OSError:
            raise MailError("the mail server cannot be reached") from None
        return 250

    def _hand_over(self, message: EmailMessage, address: str) -> None:
        server = self._connected()
        try:
            server.send_message(message, self._sender.addr_spec, [address])
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):  # what was taken stays taken
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        """A connection on which mails can be sent. Raises as smtplib does."""
        to, tls = self._server, self._tls or ssl.create_default_context()
        if to.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=SECONDS, context=tls)
        else:
            server = smtplib.SMTP(to.host, to.port, timeout=SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            secure = to.tls or (server.has_extn("starttls") and server.starttls(context=tls)[0] == 220)
            if to.user:
                if not (secure or _is_here(to.host)):
                    raise MailError("the mail server offers no TLS, without which no password is sent")
                server.login(to.user, to.password)
        except BaseException:
            server.close()
            raise
        return server


def message_of(mail: Delivery, sender: Address) -> EmailMessage:
    """The message of a delivery: HTML where it begins with `<`; its Message-ID is always the same."""
    payload = mail.payload
    message = EmailMessage(SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.target)
    message["Subject"] = payload["subject"]
    message["Date"] = formatdate(mail.created)
    message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(payload["body"], subtype="html" if payload["body"].startswith("<") else "plain")
    return message


def _refused(status: int, reason: bytes | str) -> MailError:
    return MailError(f"the mail server answered {status}{_reason(reason)}", status=status, hopeless=status >= 500)


def _reason(reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return f": {' '.join(text.split())[:200]}" if text.strip() else ""


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
