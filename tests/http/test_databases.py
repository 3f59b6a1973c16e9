"""Databases of programs that a real server runs: shared by its processes, apart for each account."""

import threading
from typing import Any

import httpx
import pytest

from accounts.service import Accounts
from tests.http.running import Server, ask, until

PASSWORD = "plum-Anchor-7-violet"
MADE = 'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "k NUMBER PRIMARY, q NUMBER"'
ONE = 'PARSE JSON \'{"k": 1, "q": 1}\' SET ?r AFTER INSERT ?r INTO "t" FROM "d"'
READ = 'QUERY "t" FROM "d" SET ?rows AFTER EMIT ?rows'


@pytest.fixture(scope="module")
def people(accounts: Accounts) -> dict[str, dict[str, str]]:
    """The credentials of two accounts."""
    for name in ("mary", "grace"):
        accounts.add(name, PASSWORD, tier="enterprise")
    return {name: {"username": name, "password": PASSWORD} for name in ("mary", "grace")}


def result(client: httpx.Client, auth: dict[str, str], query: str) -> Any:
    answer = ask(client, query, auth=auth).json()
    assert answer["status"] == "ok", answer
    return answer["result"]


def test_every_worker_has_the_same_rows(server: Server, people: dict[str, dict[str, str]]) -> None:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        result(client, people["mary"], f"{MADE} AFTER {ONE}")
    for _ in range(20):
        with httpx.Client(base_url=server.url, timeout=30) as client:
            assert result(client, people["mary"], READ) == [{"k": 1, "q": 1}]


def test_another_account_sees_none_of_it(client: httpx.Client, people: dict[str, dict[str, str]]) -> None:
    assert result(client, people["grace"], "DATABASE LIST SET ?l AFTER EMIT ?l") == []
    assert ask(client, READ, auth=people["grace"]).json()["error"]["code"] == "DatabaseError"
    assert result(client, people["grace"], f"{MADE} AFTER {READ}") == []
    assert result(client, people["mary"], READ) == [{"k": 1, "q": 1}]


def test_a_query_ends_when_its_client_goes_away(server: Server, people: dict[str, dict[str, str]]) -> None:
    """The engine itself stops: else the program would go on for minutes, and hold its place."""
    fill = """RANGE FROM 0 TO 1500 SET ?l
    FOREACH ?l AS ?k OPEN NEST
      NEW JSON OBJECT OPEN NEST SET "k" AS ?k AND SET "q" AS 1 CLOSE NEST SET ?o AFTER APPEND ?o INTO ?rows
    CLOSE NEST
    CREATE DATABASE "slow" AFTER CREATE TABLE "t" FROM "slow" WITH "k NUMBER PRIMARY, q NUMBER"
    INSERT ?rows INTO "t" FROM "slow" SET ?ids LENGTH ?ids SET ?n EMIT ?n"""
    slow = """SQL "SELECT COUNT(*) AS n FROM t AS a INNER JOIN t AS b ON a.q = b.q INNER JOIN t AS c ON c.q = b.q
      INNER JOIN t AS e ON e.q = c.q" FROM "slow" """
    with httpx.Client(base_url=server.url, timeout=30) as client:
        assert result(client, people["mary"], f"NEW ARRAY SET ?rows\n{fill}") == 1500
    with httpx.Client(base_url=server.url, timeout=1) as client, pytest.raises(httpx.ReadTimeout):
        ask(client, slow, auth=people["mary"])
    with httpx.Client(base_url=server.url, timeout=30) as client:
        until(lambda: "\noql_programs_running 0.0\n" in client.get("/metrics").text)


def test_transactions_of_several_processes_lose_no_update(server: Server, people: dict[str, dict[str, str]]) -> None:
    add = """TRANSACTION OPEN NEST
      QUERY "n" FROM "sum" SET ?rows AFTER CALCULATE "?rows(0)(q) + 1" SET ?q
      AFTER NEW JSON OBJECT OPEN NEST SET "q" AS ?q CLOSE NEST SET ?c
      AFTER UPDATE ?c INTO "n" FROM "sum" WHERE k IS EQUAL TO 1
    CLOSE NEST"""
    make = 'CREATE DATABASE "sum" AFTER CREATE TABLE "n" FROM "sum" WITH "k NUMBER PRIMARY, q NUMBER"'
    with httpx.Client(base_url=server.url, timeout=30) as client:
        zero = 'PARSE JSON \'{"k": 1, "q": 0}\' SET ?r AFTER INSERT ?r INTO "n" FROM "sum"'
        result(client, people["mary"], f"{make} AFTER {zero}")

    def adds() -> None:
        for _ in range(10):
            with httpx.Client(base_url=server.url, timeout=30) as own:
                result(own, people["mary"], add)

    threads = [threading.Thread(target=adds) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with httpx.Client(base_url=server.url, timeout=30) as client:
        assert result(client, people["mary"], 'QUERY "n" FROM "sum" SET ?r AFTER EMIT ?r(0)(q)') == 40
