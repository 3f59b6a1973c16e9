"""Every way in which this room refuses. It knows no statuses: whoever speaks a protocol maps `code`."""


class AccountsError(Exception):
    """A refusal; `code` names it for programs, the message says it to people. Neither holds a secret."""

    code = "AccountsError"


class AuthFailed(AccountsError):
    """The credentials are not right. Always the same text, whatever was wrong with them."""

    code = "AuthFailed"

    def __init__(self) -> None:
        super().__init__("these credentials are not right")


class Waiting(AccountsError):
    """A refusal that ends by itself, `retry_after` seconds from now (whole seconds, at least 1)."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooManyFailures(Waiting):
    """Too many failed attempts for this login or from this address. The credentials were not looked at."""

    code = "TooManyFailures"

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many failed attempts; wait before the next one", retry_after)


class AdmissionRefused(Waiting):
    """The tier allows no more: `limit` in all, `remaining` now, `reset` seconds to the next day."""

    def __init__(self, message: str, *, retry_after: int, limit: int, remaining: int, reset: int) -> None:
        super().__init__(message, retry_after)
        self.limit = limit
        self.remaining = remaining
        self.reset = reset


class QuotaExceeded(AdmissionRefused):
    """The queries of this day (UTC) are used up; `limit` and `remaining` count queries."""

    code = "QuotaExceeded"


class InstanceLimitExceeded(AdmissionRefused):
    """As many queries as the tier allows are running; `limit` and `remaining` count queries at once."""

    code = "InstanceLimitExceeded"


class InvalidAccount(AccountsError):
    """A part of an account (`field`) that cannot be taken as it is."""

    code = "InvalidAccount"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class AccountConflict(InvalidAccount):
    """A part of an account that already belongs to another account."""

    code = "AccountConflict"


class UnknownAccount(AccountsError):
    """No account has this name. For those who may list accounts; a failed login is `AuthFailed`."""

    code = "UnknownAccount"

    def __init__(self, login: str) -> None:
        super().__init__(f"no account is called `{login}`")


class MissingScope(AccountsError):
    """The token is right, but was not issued for this."""

    code = "MissingScope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this token lacks the scope `{scope}`")


class InvalidTokenRequest(AccountsError):
    """A token that cannot be issued as it was asked for. `field`: what of it is wrong, empty where none is."""

    code = "InvalidTokenRequest"

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
