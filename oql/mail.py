"""What a mail needs to be right: address, subject and sender, and the server that takes it. Nothing is sent here."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from oql.outbound.errors import Forbidden
from oql.outbound.places import read_host
from substrate.errors import Invalid, shown

if TYPE_CHECKING:
    from email.headerregistry import Address

_MAILBOX = re.compile(r"(?P<local>[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})@(?P<host>[^@\s]{1,255})")
_SENDER = re.compile(r"(?P<name>[^<>\x00-\x1f\x7f]*)<(?P<address>[^<>]*)>|(?P<alone>[^<>]*)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_URL = re.compile(r"(?P<scheme>smtps?)://((?P<user>[^:@/\s]*)(:(?P<password>[^@/\s]*))?@)?(?P<at>[^@/\s]+)/?", re.I)
_AT = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(:(?P<port>[0-9]{1,5}))?")


def mail_address(text: str) -> str:
    """One address in the form that mail servers take. Raises Invalid."""
    found = _MAILBOX.fullmatch(text)
    try:
        if found and not found["local"].startswith(".") and not found["local"].endswith("."):
            host, is_address = read_host(found["host"])
            if not is_address:
                return f"{found['local']}@{host}"
    except Forbidden:
        pass
    raise Invalid(f"expected one mail address such as `ada@example.com`, found {shown(text)}")


def mail_subject(text: str) -> str:
    """A subject that is one line. Raises Invalid."""
    if _CONTROLS.search(text):
        raise Invalid("the subject of a mail has to be one line without control characters")
    if len(text) > 998:
        raise Invalid("the subject of a mail has to be shorter than 999 characters")
    return text


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over. `tls`: from the first byte (smtps), else as soon as the server offers it."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> "MailServer":
        """The server that `smtp://user:password@host:port` or `smtps://...` names. Raises ValueError."""
        found = _URL.fullmatch(url)
        at = _AT.fullmatch(found["at"]) if found else None
        if found is None or at is None:
            raise ValueError("a URL such as `smtp://user:password@mail.example.com:587`")
        tls = found["scheme"].lower() == "smtps"
        port = int(at["port"] or (465 if tls else 587))
        return cls(at["host"].strip("[]"), port, tls, unquote(found["user"] or ""), unquote(found["password"] or ""))


def sender_of(text: str) -> "Address":
    """The sender that a text names, `ada@example.com` or `Ada <ada@example.com>`. Raises ValueError."""
    found = _SENDER.fullmatch(text)
    try:
        address = mail_address((found["address"] or found["alone"]) if found else "")
    except Invalid:
        raise ValueError("a sender such as `ada@example.com` or `Ada <ada@example.com>`") from None
    from email.headerregistry import Address  # takes time to load, and few need it

    return Address((found["name"] or "").strip() if found else "", addr_spec=address)
