"""The settings of what leaves the machine: refused at once where they are malformed, else in force."""

from pathlib import Path

import pytest

from oql.outbound import Forbidden
from oql.outbound.opening import open_outbound
from oql.settings import Settings, SettingsError

MALFORMED = [
    ({"OQL_OUTBOUND_ALLOW": "a.corp,http://b.corp"}, "setting `outbound_allow` (environment OQL_OUTBOUND_ALLOW): "
     "expected a host such as `api.example.com`, `*.example.com` or `127.0.0.1:8080`, not `http://b.corp`, "
     "found `a.corp,http://b.corp`"),
    ({"OQL_SMTP_URL": "mail.corp:secret", "OQL_MAIL_FROM": "a@b.org"}, "setting `smtp_url` (environment OQL_SMTP_URL): "
     "expected a URL such as `smtp://user:password@mail.example.com:587`"),
    ({"OQL_MAIL_FROM": "Ada"}, "setting `mail_from` (environment OQL_MAIL_FROM): "
     "expected a sender such as `ada@example.com` or `Ada <ada@example.com>`, found `Ada`"),
    ({"OQL_SMTP_URL": "smtp://mail.corp"}, "`smtp_url` needs a sender for its mails; set `mail_from` too"),
]  # fmt: skip


@pytest.mark.parametrize(("environ", "message"), MALFORMED)
def test_a_malformed_setting_is_refused(tmp_path: Path, environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(tmp_path, environ=environ)
    assert str(refused.value) == message


def test_the_url_of_the_mail_server_is_never_shown(tmp_path: Path) -> None:
    environ = {"OQL_SMTP_URL": "smtp://user:secret@mail.corp", "OQL_MAIL_FROM": "OQL <oql@b.org>"}
    settings = Settings.load(tmp_path, environ=environ)
    assert settings.smtp_url == environ["OQL_SMTP_URL"]
    assert "secret" not in repr(settings)


def test_hosts_are_allowed_as_they_are_listed(tmp_path: Path) -> None:
    environ = {"OQL_OUTBOUND_ALLOW": "a.corp, *.b.corp:81 ,", "OQL_BASE_URL": "https://me.example.com/oql"}
    outbound = open_outbound(Settings.load(tmp_path, environ=environ))
    for url in ("http://a.corp/", "https://x.b.corp:81/", "https://example.com/"):
        outbound.check(url)
    for url in ("http://x.b.corp/", "https://c.corp/", "https://me.example.com/v1/query"):
        with pytest.raises(Forbidden):
            outbound.check(url)
