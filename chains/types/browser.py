"""A page as a browser shows it, and what a model makes of it."""

import re
from typing import Any

from chains.browser import BrowserError, Shown, Visits
from chains.references import text_of
from chains.spec import Browser
from chains.tools.cut import cut
from chains.types.kind import StepType
from chains.work import Output, OwnTool, Work
from oql.errors import Code, failed
from substrate.errors import StoreError

_WITHOUT_EFFECT = ("browser_headless", "browser_port", "browser_page_name", "browser_cookies_domain")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def perform(step: Browser, work: Work) -> Output:
    """The page in its format; with a task, the answer of a model that may open more pages."""
    for name in _WITHOUT_EFFECT:
        if getattr(step, name) is not None:
            work.log(f"{name} has no effect", "warn", once=name)
    with _visits(step, work) as visits:
        if step.browser_task.strip():
            return _task(step, work, visits)
        text = str(work.once("page", lambda: _page(step, work, visits)))
    work.chunk(text, once="told")
    return Output(text)


def _visits(step: Browser, work: Work) -> Visits:
    path, outbound = work.context.environment.chains.browser_path, work.context.environment.outbound
    if not path:
        raise failed(Code.CHAIN_FAILED, "Browser is not configured (browser_path)")
    if outbound is None:
        raise failed(Code.UNSUPPORTED, "this run cannot reach the network")
    return Visits(
        path,
        outbound,
        size=(step.browser_viewport.width, step.browser_viewport.height),
        left=work.seconds_left,
        calling=work.context.cancel.calling,
    )


def _page(step: Browser, work: Work, visits: Visits) -> str:
    shown = _shown(step, work, visits, work.resolve(step.browser_url), step.browser_output_format)
    if step.browser_output_format == "screenshot":
        return _kept_picture(step, work, shown.content)
    return text_of(shown.content)


def _shown(step: Browser, work: Work, visits: Visits, url: str, format_: Any) -> Shown:
    work.call_out()
    try:
        shown = visits.open(url, format_, wait_ms=step.browser_wait_ms, scroll=step.browser_scroll_strategy)
    except BrowserError as error:
        if work.context.cancel.is_set() or not error.timed_out:
            work.look()  # says when it is the run that is over
        raise failed(Code.NET_TIMEOUT if error.timed_out else Code.NET_UNREACHABLE, error.message) from None
    if shown.status >= 400:
        work.log(f"The page was sent with status {shown.status}", "warn")
    for reason in shown.blocked:
        work.log(f"Parts of the page were not loaded: {reason}", "warn")
    return shown


def _kept_picture(step: Browser, work: Work, picture: bytes) -> str:
    """The path of the picture below /root/; a repetition writes it anew in the same place."""
    if work.context.files is None:
        raise failed(Code.UNSUPPORTED, "this run has no files")
    name = "-".join(filter(None, (work.execution, step.id, _NOT_IN_NAMES.sub("-", work.label))))
    path = work.path(f"{name}.png")
    try:
        work.context.files.write(path, picture, work)
    except StoreError as error:
        raise failed(Code.FS_WRITE_ERROR, error.message) from None
    return path


# with a task


def _task(step: Browser, work: Work, visits: Visits) -> Output:
    first = str(work.once("page", lambda: _told(step, work, visits, work.resolve(step.browser_url))))
    asking = work.part("task", {"__page": first})
    prompt = asking.prompt(f"{step.browser_task.strip()}\n\nThe page:\n\n{{__page}}")
    told = asking.ask(prompt, system=work.resolve(step.system), own=[_tool(step, work, visits)])
    return Output(told.text.strip())


def _told(step: Browser, work: Work, visits: Visits, url: str) -> str:
    """A page for a model to read."""
    shown = _shown(step, work, visits, url, "markdown")
    return cut(f"{shown.url}\n{shown.title}\n\n{shown.content}")


def _tool(step: Browser, work: Work, visits: Visits) -> OwnTool:
    return OwnTool(
        "open_page",
        "Opens a web page in a browser and gives its address, its title and its content as Markdown.",
        "url",
        "the URL of the page, with https",
        lambda url: _told(step, work, visits, url),
        step.browser_max_steps,
    )


BROWSER = StepType(perform, asks=lambda step: bool(step.browser_task.strip()))
