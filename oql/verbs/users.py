"""Verbs on end users: the people who sign in to what a program serves.

This build only declares them, so that programs that use them parse and check.
"""

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Family, Text

family = Family(
    "users",
    "End users",
    failure=Code.AUTH_FAILED,
    exec_class="Io",
    options={"effect": "store", "needs": "a user store"},
)


@family.verb("REGISTER")
def register(username: Text, *, with_: Text, as_: Text | None = None) -> Value:
    """Adds a user WITH a password, AS an e-mail address, and gives the id, or null when the name is taken."""


@family.verb("LOGIN")
def login(username: Text, *, with_: Text) -> Value:
    """Gives a session token for the right password, else null."""


@family.verb("SESSION", effect="read")
def session(token: Text) -> Value:
    """Gives the id and username that a session token stands for, or null."""


@family.verb("LOGOUT")
def logout(token: Text) -> Value:
    """Ends a session, and tells whether there was one."""


@family.verb("REFRESH")
def refresh(token: Text) -> Value:
    """Gives a new session token for an old one that is still good."""


@family.verb("REVOKE")
def revoke(username: Text) -> Value:
    """Ends all sessions of a user, and tells how many there were."""
