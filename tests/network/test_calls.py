"""FETCH and POST on real servers: at once, over kept connections, repeated, called off; and what comes of answers."""

import socket
import threading

import pytest

from oql.context import CancelFlag
from oql.journal import Entry, Journal
from oql.values import Image
from tests.network.programs import failure_of, run, value_of
from tests.outbound.servers import Answer, Asked, Web, guard, raw

TEN = " AND ".join(f'FETCH "{{url}}/{number}" SET ?r' for number in range(10))
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"


def test_ten_calls_joined_by_and_are_under_way_at_once(web: Web) -> None:
    together = threading.Barrier(10)

    def met(asked: Asked) -> Answer:
        together.wait(10)  # which breaks for all, and answers nothing, where fewer come
        return Answer(200, {"Content-Type": "text/plain"}, asked.path.encode())

    web.answers.update({f"/{number}": met for number in range(10)})
    text = f"{TEN.format(url=web.url)} AFTER COLLAPSE ?r SET ?all AFTER EMIT ?all"
    assert value_of(text, guard([web.at])) == [f"/{number}" for number in range(10)]


def test_calls_of_many_runs_share_one_connection(web: Web) -> None:
    outbound = guard([web.at])
    text = 'FETCH ?url SET ?a AFTER POST "x" AT ?url SET ?b'
    for _ in range(3):
        value_of(text, outbound, {"url": web.url})
    assert (len(web.asked), len({asked.connection for asked in web.asked})) == (6, 1)


def test_calls_at_once_have_connections_of_their_own_and_keep_them(web: Web) -> None:
    outbound = guard([web.at])
    for _ in range(2):
        value_of(TEN.format(url=web.url), outbound)
    assert len(web.asked) == 20
    assert len({asked.connection for asked in web.asked}) <= 10


@pytest.mark.parametrize(("step", "good"), [("FETCH ?url", True), ('POST "x" AT ?url', False)])
def test_a_connection_that_is_over_is_replaced_where_the_step_may_be_repeated(step: str, good: bool) -> None:
    accepted: list[int] = []

    def talk(connection: socket.socket) -> None:
        accepted.append(1)
        connection.recv(65_536)
        connection.sendall(OK)
        connection.recv(65_536)  # and no answer: it was about to close

    with raw(talk) as at:
        outbound, variables = guard([at]), {"url": f"http://{at}/"}
        assert value_of("FETCH ?url SET ?r AFTER EMIT ?r", outbound, variables) == "hi"
        outcome = run(f"{step} SET ?r AFTER EMIT ?r", outbound, variables)
    assert (outcome.result, len(accepted)) == (("hi", 2) if good else (None, 1))


# repeating


def keys(web: Web) -> list[str | None]:
    """The idempotency keys that came, in order."""
    return [asked.headers.get("idempotency-key") for asked in web.asked]


def test_a_step_that_had_begun_is_asked_again_under_the_same_key(web: Web) -> None:
    text = 'RANGE FROM 0 TO 2 SET ?l FOREACH ?l AS ?x OPEN NEST POST ?x AT ?url CLOSE NEST AFTER FETCH ?url WITH "y"'
    outbound, variables = guard([web.at]), {"url": web.url}
    first = Journal("job")
    assert run(text, outbound, variables, journal=first).error is None
    begun: dict[str, Entry] = {key: {"k": key, "b": True} for key in first.remembered() if key[0].isdigit()}
    assert run(text, outbound, variables, journal=Journal("job", recorded=begun)).error is None
    told = keys(web)
    assert told[:3] == told[3:]
    assert len(set(told)) == 3
    assert None not in told


def test_a_step_that_was_recorded_is_not_asked_again(web: Web) -> None:
    text = 'POST "x" AT ?url SET ?a AFTER FETCH ?url SET ?b AFTER ENLIST ?a AND ?b SET ?r AFTER EMIT ?r'
    web.answers["/"] = Answer(200, {"Content-Type": "application/octet-stream"}, b"\xff")
    first = Journal("job")
    for journal in (first, None):
        journal = journal or Journal("job", recorded=first.remembered())
        assert value_of(text, guard([web.at]), {"url": web.url}, journal=journal) == [b"\xff", b"\xff"]
    assert len(web.asked) == 2


def test_a_long_key_is_as_short_as_services_take_it(web: Web) -> None:
    deep = 40
    text = "IF 1 IS EQUAL TO 1 OPEN NEST " * deep + 'POST "x" AT ?url' + " CLOSE NEST" * deep
    run(text, guard([web.at]), {"url": web.url}, journal=Journal("j" * 200))
    assert [len(key or "") for key in keys(web)] == [64]


@pytest.mark.parametrize("step", ["FETCH ?url", 'FETCH ?url AS "HEAD"', 'FETCH ?url AS "options"'])
def test_what_only_reads_carries_no_key(step: str, web: Web) -> None:
    run(step, guard([web.at]), {"url": web.url})
    assert keys(web) == [None]


# calling off


def _silent(connection: socket.socket, reached: threading.Event, says: bytes = b"") -> None:
    connection.recv(65_536)
    connection.sendall(says)
    reached.set()
    while connection.recv(65_536):  # until the other side goes
        continue


WAITS: list[tuple[str, bytes]] = [
    ("FETCH ?url", b""),
    ("FETCH ?url", b"HTTP/1.1 200 OK\r\nX-"),
    ("FETCH ?url", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"),
    ('POST "x" AT ?url', b""),
]


@pytest.mark.parametrize(("step", "says"), WAITS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_run_that_is_called_off_leaves_its_call(step: str, says: bytes, scheme: str) -> None:
    reached = threading.Event()
    with raw(lambda connection: _silent(connection, reached, says if scheme == "http" else b"")) as at:
        assert _called_off(step, guard([at]), f"{scheme}://{at}/", reached) == "the run was cancelled"


def test_also_where_nobody_takes_the_body() -> None:
    reached = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(1_000)
        reached.set()
        threading.Event().wait(3)

    with raw(talk) as at:
        text = 'REPLICATE "x" WITH 20000000 SET ?x AFTER POST ?x AT ?url'
        assert _called_off(text, guard([at]), f"http://{at}/", reached) == "the run was cancelled"


def test_also_while_a_name_is_looked_up() -> None:
    reached, ended = threading.Event(), threading.Event()

    def look(host: str, port: int) -> list[str]:
        reached.set()
        ended.wait(20)
        return []

    assert _called_off("FETCH ?url", guard(resolve=look), "https://a.example.com/", reached) == "the run was cancelled"
    ended.set()


def test_also_while_nobody_takes_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        at = f"127.0.0.1:{listener.getsockname()[1]}"
        waiting = [socket.socket() for _ in range(4)]  # as many as the queue of the listener takes, and more
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        reached = threading.Event()
        threading.Timer(0.2, reached.set).start()
        assert _called_off("FETCH ?url", guard([at]), f"http://{at}/", reached) == "the run was cancelled"
        for one in waiting:
            one.close()


def _called_off(text: str, outbound: object, url: str, reached: threading.Event) -> str:
    """The message of a run that is called off when its call waits; an empty one when it does not end then."""
    cancel, ended = CancelFlag(), [""]

    def work() -> None:
        ended[0] = failure_of(text, outbound, {"url": url}, cancel=cancel)[1]  # type: ignore[arg-type]  # see guard

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert reached.wait(10)
    cancel.set()
    thread.join(5)  # of the 30 s that the call has
    return ended[0]


# what is sent


def test_an_image_is_sent_as_its_file(web: Web) -> None:
    picture = Image(1, 1, "RGB", b"\xff\x00\x00")
    value_of("POST ?picture AT ?url", guard([web.at]), {"url": web.url, "picture": picture})
    [asked] = web.asked
    assert (asked.headers["content-type"], asked.body) == ("image/png", picture.file())


# what a run cannot do


def test_a_run_without_a_way_out_cannot_ask() -> None:
    for step in ("FETCH ?url", 'POST "x" AT ?url'):
        found = failure_of(step, None, {"url": "https://example.com/"})
        assert found == ("Unsupported", "this run cannot reach the network")


@pytest.mark.parametrize("body", ["\ud800", ["\ud800"], {"\ud800": 1}], ids=["text", "array", "object"])
def test_half_a_character_cannot_be_sent(body: object, web: Web) -> None:
    code, _ = failure_of("POST ?body AT ?url", guard([web.at]), {"url": web.url, "body": body})
    assert code in ("NetUnreachable", "JsonFailed")
    assert web.asked == []


PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: 2\r\n\r\n"
BROKEN: list[tuple[str, bytes]] = [
    ("broke off, or does not speak HTTP", b"SSH-2.0-x\r\n"),
    ("the headers of the answer are too large", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 10**6),
    ("the answer ends too early", PACKED % b"gzip" + b"\x1f\x8b"),
    ("the answer is packed as `br`, which was not asked for", PACKED % b"br" + b"ab"),
]


@pytest.mark.parametrize(("message", "says"), BROKEN, ids=[message[:20] for message, _ in BROKEN])
def test_a_broken_answer_is_unreachable(message: str, says: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(says)

    with raw(answer) as at:
        code, told = failure_of("FETCH ?url", guard([at]), {"url": f"http://{at}/"})
    assert code == "NetUnreachable"
    assert message in told
