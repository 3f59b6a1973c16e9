"""The account that development mode adds: test/test. It is in no database and has no limits."""

from hmac import compare_digest

from accounts.accounts import Account
from accounts.tiers import FREE

ACCOUNT = Account(id="test", username="test", namespace="user_test", tier=FREE)


def verifies(login: str, password: str) -> bool:
    """Are these the published credentials?"""
    return login.lower() == "test" and compare_digest(password.encode("utf-8", "surrogatepass"), b"test")
