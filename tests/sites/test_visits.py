"""Sites over HTTP, from a real server with two workers: pages, what visitors send, and what they get."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.http.running import Server, accounts_of, ask, until
from tests.sites.visiting import Visitor

pytestmark = pytest.mark.slow


def test_a_page(shop: Visitor, server: Server) -> None:
    answer = shop.shows('EMIT "<h1>Hello, " & !GET(name) & "</h1>"', "/?name=Ada&name=Eve")
    assert (answer.status_code, answer.text) == (200, "<h1>Hello, Ada</h1>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    line = server.line(answer.headers["x-request-id"])
    assert (line["route"], line["namespace"], line["status"]) == ("(site)", "user_test", 200)


def test_a_page_below_a_path(shop: Visitor) -> None:
    shop.put('COOKIE "a" AS 1 AFTER EMIT !REQUEST(base) & " " & !REQUEST(path) & " " & !REQUEST(site)')
    answer = shop.client.get("/s/shop/a/b?x=1")
    assert answer.text == "/s/shop /a/b shop"
    assert answer.headers["set-cookie"] == "a=1; Path=/s/shop/; HttpOnly; SameSite=Lax"
    assert shop.client.get("/s/shop").headers["location"] == "/s/shop/"
    assert shop.client.get("/s/Shop").status_code == 404
    assert shop.client.get("/s/other/").status_code == 404


def test_changes_show_at_once(shop: Visitor) -> None:
    for number in range(5):
        assert shop.shows(f"EMIT {number}").text == str(number)


def test_what_the_program_gets(shop: Visitor) -> None:
    answer = shop.shows(
        "EMIT !REQUEST", "/a%20b/%C3%BC?q=1&q=2&e=", headers={"X-Odd": "yes", "Cookie": 'a=%41b; b="c d"; a=2; none'}
    )
    got = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert (got["site"], got["base"], got["path"], got["method"], got["body"]) == ("shop", "", "/a b/ü", "GET", None)
    assert (got["param:q"], got["param:e"]) == ("1", "")
    assert (got["cookie:a"], got["cookie:b"], got["header:x-odd"]) == ("Ab", "c d", "yes")
    assert "cookie:none" not in got


def test_what_the_program_says(shop: Visitor) -> None:
    shop.put(
        'STATUS 201 AFTER HEADER "Content-Type" AS "text/plain" AFTER HEADER "Cache-Control" AS "max-age=60"'
        ' AFTER COOKIE "a" AS "1" AFTER COOKIE "b" AS "2" ON 60 AFTER EMIT "x"'
    )
    answer = shop.get()
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (201, "x", "text/plain")
    assert answer.headers["cache-control"] == "max-age=60"
    assert answer.headers.get_list("set-cookie") == [
        "a=1; Path=/; HttpOnly; SameSite=Lax",
        "b=2; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
    ]


def test_cookies_come_back(shop: Visitor) -> None:
    shop.put('IF !COOKIE(name) IS NULL OPEN NEST COOKIE "name" AS "Ä;b=1" AFTER EMIT "new" CLOSE NEST ELSE OPEN NEST '
             "EMIT !COOKIE(name) CLOSE NEST")  # fmt: skip
    first = shop.get()
    assert first.text == "new"
    sent = first.headers["set-cookie"].partition(";")[0]
    assert shop.get(headers={"Cookie": sent}).text == "Ä;b=1"


def test_nothing_said_is_an_empty_page(shop: Visitor) -> None:
    answer = shop.shows("STRING 1")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (
        200,
        b"",
        "text/html; charset=utf-8",
    )
    answer = shop.shows('REDIRECT "/there" AS 308')
    assert (answer.status_code, answer.content, answer.headers["location"]) == (308, b"", "/there")


@pytest.mark.parametrize("status", [200, 204, 299, 304, 418, 451, 503, 599])
def test_every_status(shop: Visitor, status: int) -> None:
    answer = shop.shows(f'STATUS {status} AFTER EMIT "x"')
    empty = status in (204, 304)
    assert (answer.status_code, answer.content) == (status, b"" if empty else b"x")
    assert ("content-type" in answer.headers) is not empty
    assert shop.get().status_code == status  # on the same connection


def test_methods(shop: Visitor) -> None:
    shop.put('HEADER "X-Method" AS !REQUEST(method) AFTER EMIT "four"')
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        answer = shop.ask(method, "/")
        assert (answer.status_code, answer.headers["x-method"]) == (200, method)
        assert (answer.headers["content-length"], answer.content) == ("4", b"" if method == "HEAD" else b"four")
    options = shop.ask("OPTIONS", "/")
    allowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    assert (options.status_code, options.headers["allow"], options.content) == (204, allowed, b"")
    assert shop.ask("TRACE", "/").status_code == 405
    assert shop.ask("PROPFIND", "/").status_code == 405


def test_the_api_is_not_there_on_a_site(shop: Visitor) -> None:
    shop.put('EMIT "the site: " & !REQUEST(path)')
    for path in ("/health", "/v1/query", "/metrics", "/openapi.json", "/files/x", "/gather/x", "/s/shop/"):
        answer = shop.get(path, headers={"Origin": "https://evil.example"})
        assert answer.text == f"the site: {path}"
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_where_there_is_no_site(shop: Visitor, server: Server) -> None:
    shop.write('EMIT "x"', "/root/sites/other/main.oql")
    for name in ("nobody", "other", "a.b", "xn--4ca"):
        with Visitor(server, name) as visitor:
            answer = visitor.get()
        assert answer.status_code == 404
        assert "There is no site at this address." in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_site_without_its_program_is_off(server: Server) -> None:
    with Visitor(server, "gone") as visitor:
        visitor.put('EMIT "x"')
        visitor.put("body", "style.css")
        assert visitor.get("/style.css").text == "body"
        visitor.run('REMOVE "/root/sites/gone/index.oql"')
        assert [visitor.get(path).status_code for path in ("/", "/style.css")] == [404, 404]


def test_a_program_that_fails(shop: Visitor, server: Server) -> None:
    answer = shop.shows('EMIT "<b>"\nAFTER REPLICATE "<i>" WITH "no"')
    assert answer.status_code == 500
    assert "index.oql:2:7" in answer.text
    assert "REPLICATE &quot;&lt;i&gt;&quot; WITH &quot;no&quot;" in answer.text
    assert "<i>" not in answer.text
    line = server.line(answer.headers["x-request-id"])
    assert line["level"] == "info"
    kept = until(lambda: shop.client.get(f"/v1/job/{line['job_id']}", auth=("test", "test")).json().get("status"))
    assert kept == "error"
    answer = shop.shows("EMIT 1 AFTR")
    assert (answer.status_code, "did you mean `AFTER`?" in answer.text) == (500, True)


def test_what_fails_and_is_caught(shop: Visitor) -> None:
    answer = shop.shows(
        'HEADER "a b" AS 1 OR EMIT !ERROR(message) AFTER HEADER "Connection" AS "x" OR EMIT !ERROR(code)'
    )
    assert answer.status_code == 200
    assert answer.text == "expected the name of a header: letters, digits and `-`, found `a b`Forbidden"


def test_a_form_for_the_visitor(shop: Visitor) -> None:
    shop.put('GATHER OPEN NEST ?name FORMAT TEXT AS "Name" CLOSE NEST AFTER WRITE ?name INTO "/root/name"')
    answer = shop.get()
    assert answer.status_code == 303
    form = httpx.get(answer.headers["location"])
    assert "Name" in form.text
    proof = form.text.partition('name="-csrf" value="')[2].partition('"')[0]
    assert httpx.post(answer.headers["location"], data={"-csrf": proof, "name": "Ada"}).status_code == 200
    assert until(lambda: shop.run('READ "/root/name" SET ?n OR STRING "" SET ?n AFTER EMIT ?n')) == "Ada"


def test_a_visitor_of_another_account(server: Server, shop: Visitor) -> None:
    """Names belong to one account, its pages reach its own data only, and count as its queries."""
    shop.put('EMIT "shop"')
    shop.write("secret", "/root/secret")
    login = {"username": "visited", "password": "plum-Anchor-7-violet"}
    accounts = accounts_of(server)
    account = accounts.add(**login)
    with Visitor(server, "visited", **login) as visitor:
        assert "belongs to somebody else" in json.dumps(visitor.write("EMIT 1", "/root/sites/shop/index.oql"))
        visitor.put('READ "/root/secret" SET ?s OR STRING "none" SET ?s AFTER EMIT ?s & !NAMESPACE')
        assert visitor.get().text == "noneuser_visited"
        visitor.put("EMIT 1")
        statuses = [visitor.get().status_code for _ in range(100)]
        assert statuses == [200] * statuses.count(200) + [429] * statuses.count(429)
        assert 90 < statuses.count(200) < 100
        answer = visitor.get()
        assert "Too Many Requests" in answer.text
        assert int(answer.headers["retry-after"]) >= 1
        accounts.disable("visited")
        assert visitor.get().status_code == 404
    assert account.namespace == "user_visited"
    accounts.close()


def test_visitors_wait_for_their_turn(server: Server) -> None:
    """A free account runs one program at a time; several visitors at once get their pages one after the other."""
    login = {"username": "busy", "password": "plum-Anchor-7-violet"}
    accounts = accounts_of(server)
    accounts.add(**login)
    accounts.close()
    with Visitor(server, "busy", **login) as visitor, ThreadPoolExecutor(4) as pool:
        visitor.put('SLEEP "100ms" AFTER EMIT "x"')
        answers = list(pool.map(lambda _: httpx.get(server.url, headers={"Host": visitor.host}, timeout=30), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4


def test_a_program_that_is_too_long(shop: Visitor) -> None:
    shop.put(f'EMIT "{"x" * 300_000}"')
    answer = shop.get()
    assert (answer.status_code, "longer than" in answer.text) == (500, True)


def test_queries_of_the_api_have_no_answer_to_fill(shop: Visitor) -> None:
    answer = ask(shop.client, 'STATUS 404 AFTER HEADER "X-A" AS 1 AFTER COOKIE "a" AS 1 AFTER EMIT "x"')
    assert (answer.status_code, answer.json()["result"]) == (200, "x")
    assert not {"x-a", "set-cookie"} & set(answer.headers)


def test_figures(shop: Visitor) -> None:
    shop.shows("EMIT 1")
    counted = 'oql_http_requests_total{method="GET",route="(site)",status="200"}'
    until(lambda: counted in shop.client.get("/metrics").text)
    assert "(site)" not in shop.client.get("/openapi.json").text
