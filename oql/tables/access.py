"""How verbs reach the store: in the open transaction where there is one, and no longer than the run may go on."""

from collections.abc import Callable
from typing import TypeVar

from oql.errors import Code, OqlError, failed, limit_reached, nearest
from oql.verbs.run import Run
from substrate.errors import Cancelled, NotFound, QuotaExceeded, StoreError, shown
from substrate.interface import Call, Frame, Namespace, Reading

T = TypeVar("T")

_ALSO = ": did you mean "


def read(run: Run, work: Callable[[Frame | Namespace, Call], T], table: str = "") -> T:
    """What `work` reads of a table. Raises refusals as DatabaseError, LimitExceeded, Timeout or QuotaExceeded."""
    reading = run.frame or _store(run)
    return _done(run, lambda call: work(reading, call), table)


def write(run: Run, work: Callable[[Frame, Call], T], table: str = "") -> T:
    """What `work` gives, all that it changes being on disk, or part of the open transaction. Raises as `read`."""
    frame, store = run.frame, _store(run)
    if frame:
        return _done(run, lambda call: work(frame, call), table)
    return _done(run, lambda call: store.write(run.charged(lambda own: work(own, call))), table)


def _store(run: Run) -> Namespace:
    if run.context.store is None:
        raise failed(Code.UNSUPPORTED, "this run has no databases")
    return run.context.store


def _done(run: Run, work: Callable[[Call], T], table: str) -> T:
    limits = run.context.limits
    call = Call(run.seconds_left(), limits.rows, limits.read_bytes)
    try:
        with run.context.cancel.calling(call.cancel):
            return work(call)
    except Cancelled as error:
        run.look()  # says what the run has used up
        raise failure(error) from None
    except NotFound as error:
        raise (no_table(table, run.frame or _store(run)) if table else failure(error)) from None
    except StoreError as error:
        raise failure(error) from None


def databases(reading: Reading) -> list[str]:
    """The names of all databases; none where the namespace itself was never written to."""
    return all_or_none(reading.databases)


def all_or_none(listed: Callable[[], list[T]]) -> list[T]:
    """What is listed in a namespace; nothing where it was never written to."""
    try:
        return listed()
    except NotFound:
        return []


def no_table(table: str, reading: Reading) -> OqlError:
    """The error of a table that is not there, or of its database."""
    database, _, name = table.partition(".")
    known = databases(reading)
    if database not in known:
        return no_database(database, known)
    inside = [found.partition(".")[2] for found in reading.table_ids() if found.startswith(f"{database}.")]
    message = f"there is no table {shown(name)} in the database {shown(database)}"
    return failed(Code.DATABASE_ERROR, message, _guess(name, inside) or f"make it with {_FORM}")


def no_database(name: str, known: list[str]) -> OqlError:
    """The error of a database that is not there."""
    message = f"there is no database {shown(name)}"
    return failed(Code.DATABASE_ERROR, message, _guess(name, known) or f'make it with CREATE DATABASE "{name[:64]}"')


_FORM = 'CREATE TABLE "name" FROM "database" WITH "column TYPE, column TYPE"'


def _guess(name: str, known: list[str]) -> str | None:
    guess = nearest(name, known)
    return f"did you mean `{guess}`?" if guess else None


def failure(error: StoreError) -> OqlError:
    """What the store refuses, as the error of a step."""
    if "limit" in error.detail and not isinstance(error, QuotaExceeded):
        what = f"{error.detail.get('of', 'rows')} of one read"
        return limit_reached(what, f"{error.detail['limit']:,}", "narrow it with WHERE or LIMIT")
    code = Code.QUOTA_EXCEEDED if isinstance(error, QuotaExceeded) else Code.DATABASE_ERROR
    # No program has seen the plan that it made: where in it something is wrong would tell nothing.
    message = error.message.removeprefix(f"`{error.detail.get('path')}`: ")
    message, guess, hint = message.partition(_ALSO)
    row = error.detail.get("row")
    where = f"element {row}: " if isinstance(row, int) else ""
    return failed(code, where + message, f"{_ALSO[2:]}{hint}" if guess else None)
