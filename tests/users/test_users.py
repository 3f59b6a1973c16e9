"""End users of a namespace: who gets a name, what a login costs, and what is kept of secrets."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from oql.errors import Code, OqlError
from oql.jobs.schema import MIGRATIONS
from oql.users import attempts, names, records, sessions
from substrate.opening import open_store
from tests.users.conftest import Site

REGISTER = 'REGISTER "ada" WITH "correct horse" SET ?id EMIT ?id'
LOGIN = 'LOGIN "ada" WITH ?password SET ?token EMIT ?token'
NOON = 1_767_268_800.0


def everything(site: Site) -> str:
    """All that is kept in the system tables of users, and in the journals."""
    tables = ("enduser", "session", "attempt", "journal", "job")
    return str([site.namespace.system(f"SELECT * FROM {table}") for table in tables])


def together(count: int, work: Any) -> list[Any]:
    """What the calls give that begin at the same moment."""
    ready = Barrier(count)

    def one(number: int) -> Any:
        ready.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_one_of_those_who_want_a_name_at_once_gets_it(site: Site) -> None:
    given = together(6, lambda _: site.gives(REGISTER))
    [winner] = [user for user in given if user is not None]
    assert site.namespace.system("SELECT id, username FROM enduser") == [(winner, "ada")]


def test_one_of_those_who_refresh_a_token_at_once_gets_a_new_one(site: Site) -> None:
    site.gives(REGISTER)
    token = site.gives(LOGIN, password="correct horse")
    given = together(6, lambda _: site.gives("REFRESH ?token SET ?new EMIT ?new", token=token))
    [new] = [fresh for fresh in given if fresh is not None]
    assert site.gives("SESSION ?token SET ?u EMIT ?u(username)", token=new) == "ada"
    assert site.namespace.system("SELECT count(*) FROM session") == [(1,)]


@pytest.mark.parametrize("name", ["ada", "nobody", " ", "\u202eada"])
def test_a_wrong_password_costs_one_hash_whoever_was_asked_for(
    site: Site, verified_hashes: list[str], name: str
) -> None:
    site.gives(REGISTER)
    assert site.gives('LOGIN ?name WITH "wrong password" SET ?t EMIT ?t', name=name) is None
    assert [hashed.split("$")[3] for hashed in verified_hashes] == ["m=19456,t=2,p=1"]


def test_while_a_name_waits_no_password_is_looked_at(site: Site, verified_hashes: list[str]) -> None:
    site.gives(REGISTER)
    for _ in range(5):
        site.gives(LOGIN, password="wrong password")
    for password in ("correct horse", "wrong password"):
        with pytest.raises(OqlError) as refused:
            site.gives(LOGIN, password=password)
        assert refused.value.code == Code.AUTH_FAILED
    assert len(verified_hashes) == 5


def test_those_who_guess_at_once_get_no_more_guesses(site: Site, verified_hashes: list[str]) -> None:
    site.gives(REGISTER)

    def guess(number: int) -> Any:
        try:
            return site.gives(LOGIN, password=f"wrong password {number}")
        except OqlError as error:
            return error.code

    given = together(16, guess)
    assert len(verified_hashes) == given.count(None) == attempts.FREE


def test_the_pause_grows_and_is_forgotten(site: Site) -> None:
    pauses = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 8.0]
    for number, pause in enumerate(pauses):
        site.namespace.write(partial(attempts.wrong, name="ada", now=NOON + number))
        [(until,)] = site.namespace.system("SELECT until FROM attempt")
        assert until == NOON + number + pause
    with pytest.raises(OqlError) as refused:
        attempts.check(site.namespace, "ada", NOON + 7.5)
    assert refused.value.hint == "try again in 8 s"
    attempts.check(site.namespace, "ada", NOON + 15)
    site.namespace.write(lambda frame: attempts.wrong(frame, "bob", NOON + 7 + 3_601))
    assert site.namespace.system("SELECT failures FROM attempt") == [(1,)]


def test_no_secret_is_kept_or_told(site: Site) -> None:
    site.gives('REGISTER "ada" WITH "correct horse"')
    token = site.gives(LOGIN, password="correct horse")
    site.gives('LOGIN "the password of bob" WITH "wrong password" SET ?t')
    kept = everything(site)
    assert "ada" in kept
    assert "$argon2id$" in kept
    secrets = ("correct horse", "wrong password", "the password of bob", token, token.removeprefix(sessions.PREFIX))
    for secret in secrets:
        assert secret not in kept


@pytest.mark.parametrize(
    "text",
    [
        "REGISTER ?secret WITH ?secret",
        'REGISTER "ada" WITH ?secret',
        'REGISTER "ada" WITH "correct horse" AS ?secret',
    ],
)
def test_no_message_shows_what_was_typed(site: Site, text: str) -> None:
    for secret in ("hunter\x07", ["hunter"], 12345678):
        with pytest.raises(OqlError) as refused:
            site.gives(text, secret=secret)
        assert refused.value.code == Code.AUTH_FAILED
        told = f"{refused.value.message} {refused.value.hint}"
        assert "hunter" not in told
        assert "12345678" not in told


def test_a_run_that_is_repeated_gives_the_same_token_and_does_nothing_again(site: Site) -> None:
    text = f'{REGISTER} {LOGIN} REFRESH ?token SET ?new EMIT " " & ?new CONFIRM ?user SET ?c EMIT ?c'
    user = {"id": "7", "username": "nobody"}
    given, journal = site.run(text, password="correct horse", user=user)
    before = everything(site)
    assert site.run(text, journal, password="correct horse", user=user)[0] == given
    assert everything(site) == before


def test_sessions_of_one_user_are_bounded(site: Site) -> None:
    for number in range(sessions.MOST_SESSIONS + 5):
        begin = partial(sessions.begin, token=_token(number), user_id="ada", now=NOON + number, seconds=1_000.0)
        site.namespace.write(begin)
    kept = site.namespace.system("SELECT created FROM session ORDER BY created")
    assert [created for (created,) in kept] == [NOON + n for n in range(5, sessions.MOST_SESSIONS + 5)]


def test_sessions_that_are_over_are_forgotten_and_not_counted(site: Site) -> None:
    name = names.new_username("ada")
    site.namespace.write(lambda frame: records.add(frame, records.User("7", "ada", None, None, NOON), name, "hash"))
    site.namespace.write(lambda frame: sessions.begin(frame, _token(1), "7", NOON, 10.0))
    site.namespace.write(lambda frame: sessions.begin(frame, _token(2), "7", NOON + 5, 10.0))
    assert sessions.found(site.namespace, _token(1), NOON + 10) is None
    assert sessions.found(site.namespace, _token(2), NOON + 10) is not None
    assert site.namespace.write(lambda frame: sessions.end_all(frame, name, NOON + 10)) == 1
    site.namespace.write(lambda frame: sessions.begin(frame, _token(3), "7", NOON, 10.0))
    site.namespace.write(lambda frame: sessions.begin(frame, _token(4), "7", NOON + 10, 10.0))
    assert site.namespace.system("SELECT created FROM session") == [(NOON + 10,)]


def test_another_password_and_removal_end_all_sessions(site: Site) -> None:
    name = names.new_username("Ada")
    site.gives(REGISTER)
    token = site.gives(LOGIN, password="correct horse")
    assert site.namespace.write(lambda frame: records.set_password(frame, name, "hash"))
    assert site.gives("SESSION ?token SET ?u EMIT ?u", token=token) is None
    assert site.namespace.write(lambda frame: records.remove(frame, name))
    assert not site.namespace.write(lambda frame: records.remove(frame, name))
    assert records.listed(site.namespace) == []


def _token(number: int) -> str:
    return f"{sessions.PREFIX}{number:043}"


def test_a_full_namespace_takes_no_more_users_and_its_own_still_sign_in(tmp_path: Path) -> None:
    most: list[int | None] = [None]
    store = open_store("", tmp_path / "data", quota_bytes=lambda _: most[0], system=MIGRATIONS)
    full = Site(store)
    full.gives(REGISTER)
    store.close()  # what a store knows of the room that is left it knows for some seconds
    most[0] = 1
    again = open_store("", tmp_path / "data", quota_bytes=lambda _: most[0], system=MIGRATIONS)
    full = Site(again)
    with pytest.raises(OqlError) as refused:
        full.gives('REGISTER "bob" WITH "correct horse"')
    assert refused.value.code == Code.QUOTA_EXCEEDED
    assert full.gives(LOGIN, password="correct horse") is not None
    again.close()
