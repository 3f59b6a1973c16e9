"""Steps of the type browser in executions: what they give, and what a model does with a page."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from oql.chain_options import ChainOptions
from oql.outbound import Outbound
from substrate.files.opening import FileStore
from tests.chains.browser.conftest import leaving_nothing
from tests.chains.browser.test_pages import page
from tests.chains.running.driving import Here
from tests.models.services import Service, openai, openai_calls, serving
from tests.outbound.servers import Answer, Web
from tests.people.browser import executable

pytestmark = pytest.mark.slow


class Equipped(Here):
    """A namespace with files, whose steps may open pages of one server."""

    def __init__(self, folder: Path, service: Service, web: Web, path: str | None) -> None:
        self.models, self.outbound = service.models(), Outbound([web.at])
        self.files = FileStore(folder, lambda: "http://localhost")
        options = ChainOptions(browser_path=path or "")
        super().__init__(
            folder, models=self.models, outbound=self.outbound, files=self.files.of, chains=options
        )  # fmt: skip

    def shown(self, fields: str, **values: str) -> str:
        """Runs a chain of one step; its id."""
        step = f"{{id: b, type: browser, output_var: out, browser_wait_ms: 0, {fields}}}"
        return self.run(f"name: x\noutput: out\nsteps: [{step}]", **values)


@contextmanager
def equipped(folder: Path, web: Web, path: str | None) -> Iterator[tuple[Equipped, Service]]:
    with serving() as service:
        here = Equipped(folder, service, web, path)
        with leaving_nothing():
            yield here, service
        for each in (here.models, here.outbound, here.files, here.store):
            each.close()


@pytest.fixture
def at_work(tmp_path: Path, web: Web) -> Iterator[tuple[Equipped, Service]]:
    """Such a namespace, and its service of models."""
    web.asked.clear()
    with equipped(tmp_path, web, executable()) as given:
        yield given


def test_the_page_is_the_output(at_work: tuple[Equipped, Service], web: Web) -> None:
    here, _ = at_work
    web.answers["/tea"] = page("<h1>{x}</h1><img src='http://10.0.0.1/i'>", 404)
    execution = here.shown("browser_url: '{at}/tea', browser_port: 9222, browser_output_format: markdown", at=web.url,
                           x="1")  # fmt: skip
    assert here.answer(execution) == "# {x}"
    assert here.told(execution, "step_log", "step_output") == [
        "step_log b browser_port has no effect",
        "step_log b The page was sent with status 404",
        "step_log b Parts of the page were not loaded: `10.0.0.1` is not a public host; whoever runs the server may "
        "allow it",
        "step_output b # {x}",
    ]


def test_json_and_pictures(at_work: tuple[Equipped, Service], web: Web) -> None:
    here, _ = at_work
    web.answers["/tea"] = page("Hi")
    execution = here.shown(f"browser_url: '{web.url}/tea', browser_output_format: json")
    assert here.answer(execution) == f'{{"url":"{web.url}/tea","title":"A page","text":"Hi","links":[]}}'
    fields = "browser_output_format: screenshot, browser_viewport: {width: 320, height: 200}, cwd: shots"
    execution = here.shown(f"browser_url: '{web.url}/tea', {fields}")
    path = f"/root/shots/{execution}-b.png"
    assert here.answer(execution) == path
    with Image.open(io.BytesIO(here.files.of("t").read(path, 10**6, _Anybody()))) as picture:
        assert picture.size == (320, 200)


class _Anybody:
    """Whoever reads a file in a test."""

    def look(self) -> None:
        """Goes on."""

    def claim(self, size: int) -> None:
        """There is memory."""


def test_a_model_reads_the_page_and_opens_others(at_work: tuple[Equipped, Service], web: Web) -> None:
    here, service = at_work
    web.answers |= {"/a": page("<p>See <a href=/b>more</a> {x}</p>"), "/b": page("The answer is 42")}
    service.says = [
        openai_calls(("c1", "open_page", f'{{"url": "{web.url}/b"}}')),
        openai_calls(
            ("c2", "open_page", '{"url": "http://10.0.0.1/"}'), ("c3", "open_page", f'{{"url": "{web.url}/a"}}')
        ),
        openai(" 42 "),
    ]
    execution = here.shown(f"browser_url: '{web.url}/a', browser_task: 'Find {{x}}', browser_max_steps: 2", x="it")
    assert here.answer(execution) == "42"
    asked = [each.body["messages"] for each in service.asked]
    head = f"{web.url}/a\nA page\n\n"
    assert asked[0] == [{"role": "user", "content": f"Find it\n\nThe page:\n\n{head}See [more]({web.url}/b) {{x}}"}]
    assert asked[1][-1]["content"] == f"{web.url}/b\nA page\n\nThe answer is 42"
    assert [each["content"] for each in asked[2][-2:]] == [
        "`10.0.0.1` is not a public host; whoever runs the server may allow it",
        "`open_page` may be called 2 times only",
    ]
    assert [each.path for each in web.asked if "favicon" not in each.path] == ["/a", "/b"]


def test_an_endless_page_is_an_error(at_work: tuple[Equipped, Service], web: Web) -> None:
    here, _ = at_work
    web.answers["/tea"] = page("<script>while (true) {}</script>")
    code, message = here.answer(here.shown(f"browser_url: '{web.url}/tea', timeout_ms: 4000"))
    assert code == "NetTimeout"
    assert message.startswith("the page was not there within ")


def test_what_cannot_be_shown(at_work: tuple[Equipped, Service], web: Web) -> None:
    here, _ = at_work
    web.answers["/to"] = Answer(302, {"Location": "http://10.0.0.1/x"})
    for url in ("http://10.0.0.1/x", f"{web.url}/to"):
        assert here.answer(here.shown(f"browser_url: '{url}'")) == [
            "NetUnreachable", "`10.0.0.1` is not a public host; whoever runs the server may allow it"
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (None, "Browser is not configured (browser_path)"),
        ("/nowhere/chromium", "there is no browser at the path that browser_path names"),
        ("/bin/false", "the browser that browser_path names does not start"),
    ],
)
def test_there_is_no_browser(tmp_path: Path, web: Web, path: str | None, message: str) -> None:
    with equipped(tmp_path, web, path) as (here, _):
        assert here.answer(here.shown(f"browser_url: '{web.url}/'"))[1] == message
