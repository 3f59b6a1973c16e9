"""Verbs on end users: the people who sign in to what a program serves.

What they do is loaded when it is first needed.
"""

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family
from oql.verbs.run import Run

family = Family(
    "users",
    "End users",
    failure=Code.AUTH_FAILED,
    exec_class="Io",
    options={"effect": "store", "touches": "user", "quick": False},
)

_ADA = 'REGISTER "Ada" WITH "correct horse"\n'
_SIGNED_IN = f'{_ADA}LOGIN "ada" WITH "correct horse" SET ?token\n'


@family.verb(
    "REGISTER",
    examples=[
        (f"{_ADA}REGISTER 'ada' WITH 'another one' SET ?id\nIF ?id IS NULL OPEN NEST EMIT 'taken' CLOSE NEST", "taken")
    ],
)
def register(run: Run, username: Any, *, with_: Any, as_: Any = None) -> Value:
    """Adds a user WITH a password, AS an email address, and gives the id, or null when the username is taken.

    Capitals and small letters of a username are the same. A password has 8 characters at least.
    """
    from oql.users import steps

    return steps.register(run, username, with_=with_, as_=as_)


@family.verb(
    "LOGIN",
    examples=[
        (f"{_SIGNED_IN}SESSION ?token SET ?user\nEMIT ?user(username)", "Ada"),
        (f"{_ADA}LOGIN 'Ada' WITH 'something else'", None),
    ],
)
def login(run: Run, username: Any, *, with_: Any) -> Value:
    """Gives a session token for the right password, else null.

    After five wrong passwords in a row the username has to wait, longer after each further one: AuthFailed.
    """
    from oql.users import steps

    return steps.login(run, username, with_=with_)


@family.verb(
    "SESSION",
    examples=[
        (f"{_SIGNED_IN}SESSION ?token SET ?user\nEMIT ?user(username)", "Ada"),
        ('SESSION "no token"', None),
    ],
    effect="read",
)
def session(run: Run, token: Any) -> Value:
    """Gives the user that a session token stands for, or null.

    That is an object of `id`, `username`, `email` where there is one, and `confirmed`, which CONFIRM makes true.
    """
    from oql.users import steps

    return steps.session(run, token)


@family.verb(
    "LOGOUT",
    examples=[(f"{_SIGNED_IN}LOGOUT ?token\nSESSION ?token", None), ('LOGOUT "no token"', False)],
)
def logout(run: Run, token: Any) -> Value:
    """Ends a session, and tells whether there was one."""
    from oql.users import steps

    return steps.logout(run, token)


@family.verb(
    "REFRESH",
    examples=[(f"{_SIGNED_IN}REFRESH ?token SET ?new\nSESSION ?token", None), ('REFRESH "no token"', None)],
)
def refresh(run: Run, token: Any) -> Value:
    """Gives a new session token for one that is still good, which ends with that; else null."""
    from oql.users import steps

    return steps.refresh(run, token)


@family.verb(
    "REVOKE",
    examples=[(f"{_SIGNED_IN}REVOKE 'Ada'", 1), ('REVOKE "nobody"', 0)],
)
def revoke(run: Run, username: Any) -> Value:
    """Ends all sessions of a user, and tells how many there were."""
    from oql.users import steps

    return steps.revoke(run, username)
