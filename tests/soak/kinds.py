"""What is asked of a server in the soak: each kind of request, and how often it comes among a thousand.

All of them work on a bounded number of keys, names and files, so that what a namespace holds stays the same.
"""

import json
import time
from collections.abc import Callable

from tests.executions.asking import GREETING, YAML
from tests.soak.tenants import Tenant, UnexpectedAnswer
from tests.store.asking import ORDERS

KEYS = 400
"""Rows, vectors, documents of a namespace."""
FILES = 40
FILLED = 16
"""Long programs of a namespace at the beginning."""
WORDS = ("soak", "salt", "water", "wave", "shore", "tide", "harbour", "anchor", "rope", "sail", "wind", "storm")
FORM = 'GATHER OPEN NEST ?name FORMAT TEXT AS "Name" FORMAT REQUIRED CLOSE NEST SET ?all AFTER EMIT ?name'
ASKS = "name: asks\noutput: b\nsteps:\n  - {id: a, prompt: 'One?', output_var: a}\n" + (
    "  - {id: b, prompt: 'Two, after {a}?', output_var: b, depends_on: [a]}\n"
)
PAGE = 'CACHE "visits" SET ?n OR STRING "none" SET ?n\nEMIT "<p>" & !REQUEST(path) & " " & ?n & "</p>"'


def set_up(to: Tenant) -> None:
    """Makes everything that the requests are about."""
    to.store("POST", "/schemas", content=ORDERS)
    to.run('CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "k NUMBER PRIMARY, value NUMBER, text TEXT"')
    to.run(f'WRITE !REQUEST(page) INTO "/root/sites/{to.site}/index.oql"', request={"page": PAGE})
    to.run(f'WRITE "p {{}}" INTO "/root/sites/{to.site}/style.css"')
    to.run('DEFINE CRON "minutely" ON SCHEDULE "* * * * *" OPEN NEST CACHE !NOW AS "visits" CLOSE NEST')
    to.run('WATCH "table:d.t" ON "delete" OPEN NEST CACHE !EVENT(key) AS "deleted" CLOSE NEST')
    for name, text in {"greeting": GREETING, "asks": ASKS}.items():
        to.ask("POST", f"/chains/{name}", content=text, headers=YAML)
    vectors = [{"id": f"v{key}", "embedding": _numbers(to)} for key in range(KEYS)]
    to.store("POST", "/vector/notes/put-bulk", json=vectors)
    _put_text(to, 0)
    rows = [{"order_id": f"o{key}", "symbol": WORDS[key % len(WORDS)], "qty": key} for key in range(KEYS)]
    to.store("POST", "/rows/shop.orders/_batch", json=rows)


def fill(to: Tenant) -> None:
    """Long programs, in requests and as jobs, until no process may keep more programs compiled than it does.

    What grows after that is something else. Each counts as 1 MB of 32, and comes on a connection of its own, which any
    process may take.
    """
    jobs = []
    for number in range(FILLED):
        text = "\n".join(f'STRING "{to.number}-{number}" SET ?v{step}' for step in range(900))
        to.ask("POST", "/v1/query", json={"query": text}, headers={"Connection": "close"})
        jobs.append(to.send_off(text))
    give_up = time.monotonic() + 300
    for each in jobs:
        while to.ask("GET", f"/v1/job/{each}").json()["status"] != "complete":
            if time.monotonic() > give_up:
                raise UnexpectedAnswer("jobs that fill caches take too long")
            time.sleep(0.1)


def _key(to: Tenant) -> int:
    return to.chosen.randrange(KEYS)


def query(to: Tenant) -> None:
    """A program that only computes."""
    number = to.chosen.randrange(1_000_000)
    text = f'RANGE FROM 0 TO 20 SET ?all FOREACH ?all AS ?n OPEN NEST EMIT ?n & "-{number % 50};" CLOSE NEST'
    if not str(to.run(text)).startswith("0-"):
        raise UnexpectedAnswer("query")


def new_query(to: Tenant) -> None:
    """A program that nobody has sent before."""
    number = to.chosen.getrandbits(60)
    if to.run(f'CALCULATE "{number} + 1" SET ?x AFTER EMIT ?x & " {number}"') is None:
        raise UnexpectedAnswer("new query")


def password(to: Tenant) -> None:
    """A program under name and password, which the account's wrong ones may have to wait for."""
    auth = {"username": to.login.username, "password": to.login.password}
    body = {"auth": auth, "query": 'EMIT "Hello"'}
    to.ask("POST", "/v1/query", 200, 429, json=body, headers={"Authorization": ""})


def row_written(to: Tenant) -> None:
    """A row over a route."""
    key = _key(to)
    row = {"order_id": f"o{key}", "symbol": to.chosen.choice(WORDS), "qty": to.chosen.randrange(1000)}
    more = {"Idempotency-Key": str(to.chosen.getrandbits(60))} if key % 4 == 0 else {}
    to.store("PUT", f"/rows/shop.orders/o{key}", json=row, headers=more)


def row_read(to: Tenant) -> None:
    """A row by its key."""
    to.store("GET", f"/rows/shop.orders/o{_key(to)}", 200, 404)


def row_deleted(to: Tenant) -> None:
    """Deletes a row."""
    to.store("DELETE", f"/rows/shop.orders/o{_key(to)}", 200, 404)


def rows_in_programs(to: Tenant) -> None:
    """A transaction of a program that replaces a row."""
    key = _key(to)
    to.run(
        f'TRANSACTION OPEN NEST PURGE "t" FROM "d" WHERE k IS EQUAL TO {key} '
        f'NEW JSON OBJECT OPEN NEST SET k AS {key} AND SET value AS {key % 7} AND SET text AS "{"x" * 200}" CLOSE NEST '
        f'SET ?o AFTER INSERT ?o INTO "t" FROM "d" CLOSE NEST '
        f'QUERY "t" FROM "d" WHERE value IS EQUAL TO {key % 7} LIMIT 5 SET ?r AFTER EMIT ?r'
    )


def sql(to: Tenant) -> None:
    """A SELECT with groups."""
    statement = f"SELECT symbol, count(*) AS n FROM shop.orders WHERE qty > {_key(to)} GROUP BY symbol"
    to.store("POST", "/sql", json={"sql": statement, "execute": True})


def plan(to: Tenant) -> None:
    """A plan."""
    to.store("POST", "/query", json={"Scan": {"schema": "shop.orders"}})


def file_shared(to: Tenant) -> None:
    """Writes a file, shares it, and fetches it over the link."""
    path = f"/root/f/{to.chosen.randrange(FILES)}"
    link = str(to.run(f'WRITE "{"soak " * 400}" INTO "{path}" AFTER SHARE "{path}" ON "10m" SET ?url AFTER EMIT ?url'))
    answer = to.ask("GET", "/files/" + link.rsplit("/", 1)[1], 200, 404)  # somebody may have removed it
    if answer.status_code == 200 and answer.text != "soak " * 400:
        raise UnexpectedAnswer("the file is another one")
    if to.chosen.random() < 0.2:
        to.run(f'REMOVE "{path}" OR STRING "somebody was faster"')


def job(to: Tenant) -> None:
    """A job with a pause, effects and a webhook at its end, whose stream is read to the end."""
    key = _key(to)
    source = f"""RANGE FROM 0 TO 3 SET ?all
FOREACH ?all AS ?n OPEN NEST EMIT ?n & ";" AFTER SLEEP "200ms" CLOSE NEST
CACHE {key} AS "job"
SLEEP "1500ms"
WRITE "job" INTO "/root/jobs/{key % FILES}"
EMIT "over\""""
    made = to.send_off(source, webhook=f"{to.sink}/{to.site}")
    to.follow(made)
    to.ended(made, "complete")


def gather(to: Tenant) -> None:
    """A job that asks a person, who answers."""
    told = to.ask("POST", "/v1/query", 200, 202, json={"query": FORM}).json()
    if told["status"] != "suspended":
        raise UnexpectedAnswer(str(told)[:300])
    answer = {"fields": {"name": "Ada"}}
    told = to.ask("POST", f"/v1/confirm/{told['job_id']}", 200, 202, json=answer).json()
    if told.get("result") != "Ada":
        raise UnexpectedAnswer(str(told)[:300])


def cancel(to: Tenant) -> None:
    """A job that is cancelled."""
    made = to.send_off('SLEEP "2h"')
    time.sleep(to.chosen.random())
    to.ask("DELETE", f"/v1/job/{made}")
    to.ended(made, "cancelled")


def webhook(to: Tenant) -> None:
    """A webhook of a program."""
    to.run(f'NEW JSON OBJECT OPEN NEST SET a AS 1 CLOSE NEST SET ?o AFTER WEBHOOK ?o AT "{to.sink}/{to.site}"')


def chain(to: Tenant) -> None:
    """An execution of a chain, followed to its end with one interruption."""
    name, values = to.chosen.choice((("greeting", {"who": "world"}), ("asks", {})))
    started = to.ask("POST", f"/execute/{name}", 200, 429, json={"input": values}).json()
    if "executionId" not in started:
        return  # as many as an account may have at once
    path = f"/executions/{started['executionId']}"
    _read(to, f"{path}/stream", to.chosen.randint(1, 4))
    give_up = time.monotonic() + 30
    while (found := to.ask("GET", path).json())["status"] in ("pending", "queued", "running"):
        if time.monotonic() > give_up:
            break
        time.sleep(0.1)
    if found["status"] != "done":
        raise UnexpectedAnswer(f"chain {name}: {str(found)[:300]}")


def _read(to: Tenant, path: str, most: int) -> None:
    with to.client.stream("GET", to.url + path, headers=to.bearer) as answer:
        for line in answer.iter_lines():
            most -= line.startswith("data:")
            if most == 0:
                return


def _numbers(to: Tenant) -> list[float]:
    return [to.chosen.gauss(0, 1) for _ in range(32)]


def _put_vector(to: Tenant, key: int) -> None:
    to.store("POST", "/vector/notes/put", 201, json={"id": f"v{key}", "embedding": _numbers(to)})


def vector_put(to: Tenant) -> None:
    """Writes a vector over another."""
    _put_vector(to, _key(to))


def vector_search(to: Tenant) -> None:
    """The nearest vectors."""
    if len(to.store("POST", "/vector/notes/topk", json={"query": _numbers(to), "k": 5}).json()) != 5:
        raise UnexpectedAnswer("fewer vectors than there are")


def vector_deleted(to: Tenant) -> None:
    """Deletes a vector."""
    to.store("DELETE", f"/vector/notes/v{_key(to)}")


def _put_text(to: Tenant, key: int) -> None:
    text = " ".join(to.chosen.choices(WORDS, k=30))
    to.store("POST", "/fts/articles/body", 201, json={"doc_id": f"a{key}", "text": text})


def text_put(to: Tenant) -> None:
    """Writes a document over another."""
    _put_text(to, _key(to))


def text_search(to: Tenant) -> None:
    """The best documents."""
    words = " ".join(to.chosen.sample(WORDS, 2))
    to.store("GET", "/fts/articles/body", params={"q": words, "mode": "bm25"})


def text_deleted(to: Tenant) -> None:
    """Deletes a document."""
    to.store("DELETE", f"/fts/articles/body/a{_key(to)}")


def site(to: Tenant) -> None:
    """A page of a site, or a file of it."""
    to.ask("GET", f"/s/{to.site}/" + to.chosen.choice(("", "style.css")))


def watch(to: Tenant) -> None:
    """A reader of changes who comes, gets some, and goes away."""
    schemas = {"schemas": "shop.orders", "mode": "changes"}
    path = f"{to.url}/v1/tenants/{to.login.namespace}/watch"
    with to.client.stream("GET", path, params=schemas, headers=to.bearer, timeout=60) as answer:
        if answer.status_code != 200:
            raise UnexpectedAnswer(f"watch: {answer.status_code} {answer.read()[:300]!r}")
        left, give_up = 3, time.monotonic() + 30
        for line in answer.iter_lines():  # of which some come when nothing happens
            left -= line.startswith("data:")
            if left == 0 or time.monotonic() > give_up:
                return


def migration(to: Tenant) -> None:
    """A column that is added, and dropped again."""
    for step in ({"AddColumn": {"name": "venue", "type": "str", "default": "X"}}, {"DropColumn": {"name": "venue"}}):
        body = {"schema": "shop.orders", "diff": [step], "auto_cutover": True}
        answer = to.store("POST", "/migrations", 200, 400, 409, json=body)
        if answer.status_code != 200:  # another one is under way, or was when this one began
            return
        give_up = time.monotonic() + 60
        while (found := to.store("GET", f"/migrations/{answer.json()['id']}").json())["state"] != "Completed":
            if time.monotonic() > give_up:
                raise UnexpectedAnswer(f"migration: {found}")
            time.sleep(0.1)


def wrong(to: Tenant) -> None:
    """A request that is refused, each time another one."""
    match to.chosen.randrange(7):
        case 0:
            to.ask("POST", "/v1/query", 401, 429, json={"query": "EMIT 1"}, headers={"Authorization": "Bearer no"})
        case 1:
            to.ask("POST", "/v1/query", 400, content=b'{"query": ', headers={"Content-Type": "application/json"})
        case 2:
            to.ask("POST", "/v1/query", 413, json={"query": "x" * 1_100_000})
        case 3:
            told = to.ask("POST", "/v1/query", 200, 400, json={"query": f"UPER {to.chosen.getrandbits(60)}"}).json()
            if told.get("status") == "ok":
                raise UnexpectedAnswer(str(told)[:300])
        case 4:
            to.ask("GET", f"/v1/job/{to.chosen.getrandbits(60)}", 404, 400)
        case 5:
            to.store("POST", "/sql", 400, 404, json={"sql": "SELECT nothing FROM nowhere", "execute": True})
        case 6:
            auth = {"username": to.login.username, "password": json.dumps(to.chosen.random())}
            to.ask("POST", "/v1/query", 401, 429, json={"auth": auth, "query": "EMIT 1"}, headers={"Authorization": ""})


KINDS: dict[Callable[[Tenant], None], int] = {
    query: 150, new_query: 40, password: 20, row_written: 130, row_read: 150, row_deleted: 20, rows_in_programs: 60,
    sql: 50, plan: 20, file_shared: 30, job: 12, gather: 10, cancel: 8, webhook: 10, chain: 10, vector_put: 40,
    vector_search: 40, vector_deleted: 5, text_put: 40, text_search: 40, text_deleted: 5, site: 50, watch: 6,
    migration: 1, wrong: 53,
}  # fmt: skip
"""Each kind, and how often it comes among a thousand."""
