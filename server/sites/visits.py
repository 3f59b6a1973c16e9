"""Answers the visitors of sites: a file that is there, else what the site's program makes of the request.

name of the site   from the host (server/sites/hosts.py) or the path, and whose it is from the accounts
program            `/root/sites/NAME/index.oql` as it is now; compiled once, by its text
run                admitted and limited as a query of the account, with an answer to fill (oql/sites.py)
page               what the run has said and emitted, or a page of ours (server/sites/pages.py)
"""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from time import monotonic

import falcon
import falcon.asgi

from accounts.accounts import Account
from accounts.errors import AccountsError, InstanceLimitExceeded
from accounts.service import Accounts
from oql.errors import Code, OqlError, ProgramError, failed
from oql.jobs.foreground import Ended
from oql.journal import FOR_PEOPLE
from oql.limits import Limits
from oql.local import new_id
from oql.site_names import index_path, is_name
from oql.sites import Page, Reply
from oql.source import Source
from server.bodies import Bodies
from server.forms import LARGE
from server.logs import log
from server.problems import Problem, from_accounts, unavailable
from server.programs import Order, Programs, Reply as Answered, Visit
from server.request import Request
from server.sites import pages
from server.sites.asking import request_of
from server.sites.static import METHODS as FILE_METHODS, StaticFiles, open_static
from substrate.errors import StoreError
from substrate.files.folder import NamespaceFiles
from substrate.files.opening import FileStore
from substrate.interface import DatabaseError
from worker.links import Links

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATHS = "/s"
"""Below this path sites are served on the server's own address, where that is allowed."""
MOST_LARGE = 32
"""Requests of one process at once with bodies of more bytes than LARGE: whoever sends them need not be known."""
TURN_S = 2.0
"""How long a visitor waits for a turn where as many programs run as the account may have at once."""
LOOK_S = 0.05
_LONGEST_PATH = 4_096
_OF_ANY_SIZE = ("Transfer-Encoding", "Content-Encoding")
"""Headers of requests whose bodies may turn out larger than their Content-Length says."""
_ODD_PATH = re.compile(r"[\x00-\x1f\x7f]|(?:^|/)\.\.?(?:/|$)")


class SiteVisits:
    """The responders of all sites. `development`: a failure is shown as it is. `secure`: cookies are for https only."""

    def __init__(
        self, accounts: Accounts, programs: Programs, bodies: Bodies, files: FileStore, links: Links, limits: Limits,
        *, development: bool, secure: bool,
    ) -> None:  # fmt: skip
        self._accounts = accounts
        self._programs = programs
        self._bodies = bodies
        self._files = files
        self._links = links
        self._limits = limits
        self._development = development
        self._secure = secure
        self._static = StaticFiles()
        self._large = 0

    async def by_host(self, req: Request, resp: falcon.asgi.Response, site: str, path: str) -> None:
        """A request to the host of a site."""
        await self._visit(req, resp, site, f"/{path}", "")

    async def by_path(self, req: Request, resp: falcon.asgi.Response, site: str, path: str) -> None:
        """A request below `/s/NAME/`."""
        await self._visit(req, resp, site, f"/{path}", f"{PATHS}/{site}")

    async def to_folder(self, req: Request, resp: falcon.asgi.Response, site: str) -> None:
        """A request to `/s/NAME`: relative links of the page need the slash."""
        if is_name(site):
            _send(resp, pages.see(f"{PATHS}/{site}/", 308, "The page has moved"))
        else:
            _send(resp, pages.NO_SITE)

    def stop_all(self) -> None:
        """Breaks off whatever is being sent."""
        self._static.stop_all()

    def close(self) -> None:
        """Ends the threads."""
        self._static.close()

    async def _visit(self, req: Request, resp: falcon.asgi.Response, site: str, path: str, base: str) -> None:
        req.site = site
        try:
            await self._answer(req, resp, site, path, base)
        except Problem as problem:
            _send(resp, pages.refused(problem))
        except AccountsError as error:
            _send(resp, pages.refused(from_accounts(error)))
        except (StoreError, DatabaseError) as error:
            log().warning("site not served", request_id=req.request_id, reason=str(error))
            _send(resp, pages.refused(unavailable("the server cannot read its data now")))

    async def _answer(self, req: Request, resp: falcon.asgi.Response, site: str, path: str, base: str) -> None:
        account = self._accounts.by_site(site) if is_name(site) else None
        if account is None:
            _send(resp, pages.NO_SITE)
            return
        req.namespace = account.namespace
        if len(path) > _LONGEST_PATH or _ODD_PATH.search(path):
            raise Problem(400, "this address cannot be that of a page")
        files = self._files.of(account.namespace)
        text = self._program(files, site)
        if text is None:
            _send(resp, pages.NO_SITE)
        elif req.method == "OPTIONS":
            resp.status = falcon.HTTP_204
            resp.set_header("Allow", ", ".join(METHODS))
        elif req.method in FILE_METHODS and (found := open_static(files, site, path)):
            await self._static.answer(req, resp, *found)
        else:
            with self._room(req):
                await self._run(req, resp, account, text, await request_of(req, self._bodies, site, path, base))

    @contextmanager
    def _room(self, req: Request) -> Iterator[None]:
        """Holds one of the places for large bodies, where the request has one. Raises Problem (503)."""
        large = (req.content_length or 0) > LARGE or any(req.get_header(name) is not None for name in _OF_ANY_SIZE)
        if large and self._large >= MOST_LARGE:
            raise unavailable("as many large forms are being taken as this process can")
        self._large += large
        try:
            yield
        finally:
            self._large -= large

    def _program(self, files: NamespaceFiles, site: str) -> str | None:
        """The text of a site's program, None where there is none. Too long a text is cut, and refused as too long."""
        opened = files.open(index_path(site))
        if opened is None:
            return None
        try:
            text = os.read(opened[0], self._limits.program_bytes + 1)
        finally:
            os.close(opened[0])
        return text.decode(errors="replace")

    async def _run(
        self, req: Request, resp: falcon.asgi.Response, account: Account, text: str, request: dict[str, object]
    ) -> None:
        req.job_id = new_id(4)
        reply = Reply(str(request["base"]), secure=self._secure)
        visit = Visit(reply, partial(self._shown, reply, account.namespace, req.job_id, text))
        order = Order(text, req.job_id, account.namespace, nullcontext(), request, self._limits.wall_s, visit=visit)
        page = (await self._in_turn(req, account, order)).page
        assert page is not None
        _send(resp, page)

    async def _in_turn(self, req: Request, account: Account, order: Order) -> Answered:
        """Runs a program as one of as many as the account may have at once; visitors wait a little for that."""
        gives_up = monotonic() + TURN_S
        while True:
            self._accounts.admit(account)
            order.slot = self._accounts.slot(account)
            try:
                return await self._programs.run(order, req)
            except InstanceLimitExceeded:
                if monotonic() > gives_up or req.gone:
                    raise
                await asyncio.sleep(LOOK_S)

    def _shown(self, reply: Reply, namespace: str, job: str, text: str, ended: Ended | ProgramError) -> Page:
        """The page of a run; on any thread."""
        error = ended if isinstance(ended, ProgramError) else ended.outcome.error
        if isinstance(ended, Ended):
            if ended.outcome.status == "suspended":
                return self._asking(namespace, job, ended)
            if error is None:
                try:
                    return reply.page(ended.outcome.result)
                except OqlError as found:
                    error = found
        assert error is not None
        source = Source(text, "index.oql")
        line = source.position(error.span.start).line if error.span else None
        log().info("site failed", namespace=namespace, job_id=job, code=str(error.code), line=line)
        return pages.failed(error, source, job, development=self._development)

    def _asking(self, namespace: str, job: str, ended: Ended) -> Page:
        """Where a run waits for a person, that is the visitor: the form or question has a page of its own."""
        asked = next((wait for wait in ended.waits if wait.kind in FOR_PEOPLE and wait.state == "open"), None)
        if asked is None:
            error = failed(Code.UNSUPPORTED, "a site cannot wait for long without asking its visitor")
            return pages.failed(error, None, job, development=False)
        return pages.see(self._links.gather(namespace, job, asked.key), 303, "An answer is wanted")


def _send(resp: falcon.asgi.Response, page: Page) -> None:
    resp.status = falcon.code_to_http_status(page.status)
    for name, value in page.headers:
        if name == "Set-Cookie":
            resp.append_header(name, value)
        else:
            resp.set_header(name, value)
    resp.data = page.body
