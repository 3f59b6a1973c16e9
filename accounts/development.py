"""The account that development mode adds: test/test. It is in no database and has no limits. And who any bearer is."""

from hmac import compare_digest

from accounts.accounts import SIDELOAD, Account
from accounts.tiers import FREE
from accounts.tokens import NO_ACCOUNT, OPERATOR, Bearer, Token

ACCOUNT = Account(id="test", username="test", namespace="user_test", tier=FREE, allowed=frozenset({SIDELOAD}))

BEARER = Bearer(Token("development", NO_ACCOUNT, "development", frozenset({OPERATOR}), 0.0, float("inf")), None)


def verifies(login: str, password: str) -> bool:
    """Are these the published credentials?"""
    return login.lower() == "test" and compare_digest(password.encode("utf-8", "surrogatepass"), b"test")
