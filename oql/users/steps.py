"""What the verbs on end users do; their forms are in oql/verbs/users.py.

A password is hashed before the step's frame of the store is opened, so that no writer waits for it. Nothing here puts a
name, a password or a token into a message.
"""

from oql.errors import Code, failed
from oql.tables.access import read
from oql.users import attempts, hashing, names, records, sessions
from oql.users.names import Username
from oql.users.records import User
from oql.values import Value
from oql.verbs.declare import Any
from oql.verbs.run import Run
from substrate.errors import NotFound
from substrate.interface import Frame, SystemTables


def register(run: Run, username: Any, *, with_: Any, as_: Any) -> Value:
    """Adds a user, and gives the id, or null where the username is taken."""
    name, secret = names.new_username(username), names.new_password(with_)
    user = User(run.context.new_id(4), name.shown, names.email(as_), None, run.clock())
    if read(run, lambda reading, _: _password_of(reading, name)):
        return None
    with hashing.turn(run):
        kept = hashing.hashed(run, secret)
    return run.commit(lambda frame: user.id if records.add(frame, user, name, kept) else None)


def login(run: Run, username: Any, *, with_: Any) -> Value:
    """Gives a session token, or null; AuthFailed while the username has to wait."""
    if run.frame:
        hint = "sign in before it: a wrong password counts also where a TRANSACTION is undone"
        raise failed(Code.AUTH_FAILED, "`LOGIN` is not allowed inside TRANSACTION", hint)
    secret = names.password(with_)
    if secret is None or not isinstance(username, str):
        return None
    name = names.username(username)
    counted = name.key if name else username
    with hashing.turn(run):
        found = read(run, lambda reading, _: _looked_up(reading, name, counted, run.clock()))
        right = hashing.matches(run, secret, found[1] if found else None)
        if not found or not right:  # counted before the next one is looked at
            return run.commit(lambda frame: attempts.wrong(frame, counted, run.clock()))
    user, token = found[0], _new_token(run)

    def work(frame: Frame) -> Value:
        attempts.forget(frame, counted)
        sessions.begin(frame, token, user, run.clock(), run.context.limits.session_s)
        return token

    return run.commit(work)


def session(run: Run, token: Any) -> Value:
    """Gives the user of a session, or null."""

    def work(reading: SystemTables) -> User | None:
        try:
            return sessions.found(reading, token, run.clock())
        except NotFound:
            return None

    user = read(run, lambda reading, _: work(reading))
    return user.shown() if user else None


def logout(run: Run, token: Any) -> Value:
    """Ends a session, and tells whether there was one."""
    return run.commit(lambda frame: sessions.end(frame, token, run.clock()) is not None)


def refresh(run: Run, token: Any) -> Value:
    """Gives a new token for an old one, or null."""
    fresh = _new_token(run)

    def work(frame: Frame) -> Value:
        now = run.clock()
        user = sessions.end(frame, token, now)
        if user is None:
            return None
        sessions.begin(frame, fresh, user, now, run.context.limits.session_s)
        return fresh

    return run.commit(work)


def revoke(run: Run, username: Any) -> Value:
    """Ends the sessions of a user, and tells how many there were."""
    name = names.username(username)
    return run.commit(lambda frame: sessions.end_all(frame, name, run.clock()) if name else 0)


def _new_token(run: Run) -> str:
    return sessions.token_of(run.context.random.randbytes(sessions.SECRET_BYTES))


def _looked_up(reading: SystemTables, name: Username | None, counted: str, now: float) -> tuple[str, str] | None:
    """The id and the hash of a user who need not wait. Raises AuthFailed."""
    try:
        attempts.check(reading, counted, now)
    except NotFound:
        return None
    return _password_of(reading, name) if name else None


def _password_of(reading: SystemTables, name: Username) -> tuple[str, str] | None:
    try:
        return records.password_of(reading, name)
    except NotFound:  # nothing was ever written in this namespace
        return None
