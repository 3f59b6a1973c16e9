"""Usernames, emails, phones and namespaces: what is taken, in which form it is kept, and what is refused."""

import pytest

from accounts import names
from accounts.errors import InvalidAccount


@pytest.mark.parametrize(
    ("given", "kept"), [("alice", "alice"), ("Alice", "alice"), ("a.b-c_9", "a.b-c_9"), ("x" * 48, "x" * 48)]
)
def test_usernames_are_kept_in_lower_case(given: str, kept: str) -> None:
    assert names.username(given) == kept


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        " ",
        "9lives",
        "_x",
        "a b",
        "a/b",
        "a@b",
        "+49",
        "../../etc/passwd",
        "a\0b",
        "a\n",
        "x" * 49,
        "robert'); drop table account;--",
        "alicе",  # noqa: RUF001 -- the last letter is Cyrillic, that is the point
        "\u212aim",  # the Kelvin sign, which is `k` in lower case
        "ﬁsh",
        "e\u0301va",
        "éva",
        "\ud800",
        "a\u202eb",
        "a" * 1_000_000,
    ],
)
def test_other_usernames_are_refused(hostile: str) -> None:
    with pytest.raises(InvalidAccount) as refused:
        names.username(hostile)
    assert refused.value.field == "username"
    assert len(str(refused.value)) < 1_000
    assert str(refused.value).isascii()


def test_the_name_of_the_development_account_is_reserved() -> None:
    with pytest.raises(InvalidAccount, match="development account"):
        names.username("TEST")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ann@Example.ORG", "ann@example.org"),
        ("e\u0301va@example.org", "\u00e9va@example.org"),
        ("stra\u00dfe@example.org", "stra\u00dfe@example.org"),
    ],
)
def test_emails_are_kept_composed_and_in_lower_case(given: str, kept: str) -> None:
    assert names.email(given) == kept


@pytest.mark.parametrize(
    "hostile", ["", "ann", "@", "ann@", "@x", "a@b@c", "a b@c", "a@b\n", "a@\0", "\ud800@x", "x" * 250 + "@x.de"]
)
def test_other_emails_are_refused(hostile: str) -> None:
    with pytest.raises(InvalidAccount):
        names.email(hostile)


@pytest.mark.parametrize("given", ["+49 171 1234567", "0049 (171) 123-45.67", "+491711234567", "+49/171/1234567"])
def test_phones_are_kept_as_plus_and_digits(given: str) -> None:
    assert names.phone(given) == "+491711234567"


@pytest.mark.parametrize(
    "hostile",
    ["", "0171 1234567", "+0171 1234567", "+49", "+" + "1" * 16, "+49 abc", "+٤٩١٧١١٢٣٤٥٦٧", "++491711234567"],
)
def test_other_phones_are_refused(hostile: str) -> None:
    with pytest.raises(InvalidAccount):
        names.phone(hostile)


@pytest.mark.parametrize(
    ("login", "found"),
    [
        ("Alice", ("username", "alice")),
        (" alice ", ("username", "alice")),
        ("Ann@Example.org", ("email", "ann@example.org")),
        ("00491711234567", ("phone", "+491711234567")),
        ("+49 171 1234567", ("phone", "+491711234567")),
        ("\u212aim", ("username", "")),
        ("' or 1=1 --", ("username", "")),
        ("\ud800@x", ("email", "")),
        ("a" * 1_000_000, ("username", "")),
        ("", ("username", "")),
    ],
)
def test_a_login_is_told_apart_by_its_form(login: str, found: tuple[str, str]) -> None:
    assert names.login(login) == found


def test_a_namespace_is_made_of_letters_digits_and_underscores() -> None:
    assert names.namespaces("a.b-c_9")[:2] == ("user_a_b_c_9", "user_a_b_c_9_2")
