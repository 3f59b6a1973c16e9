"""GET /download: a file of the namespace for those who have its credentials, under the rules of paths of chains."""

import os

import falcon.asgi

from chains.paths import below_root
from oql.errors import OqlError
from server.chains.desk import Desk
from server.download import Downloads, Opened
from server.files import headers
from server.problems import Problem
from server.request import Request
from server.wanted import is_known, part_wanted, tag_of
from substrate.errors import Invalid
from substrate.files.folder import NamespaceFiles
from substrate.files.opening import FileStore


class FileDownloads:
    """The responder of /download. `folder`: where relative paths begin."""

    def __init__(self, desk: Desk, store: FileStore, folder: str) -> None:
        self._desk = desk
        self._store = store
        self._folder = folder
        self._downloads = Downloads("chain files")

    async def download(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Sends a file as an attachment."""
        caller, _ = await self._desk.caller(req)
        path = req.get_param("path") or ""
        if not path:
            raise Problem(400, "Missing path")
        self._downloads.make_room()
        opened = await self._downloads.call(self._open, self._store.of(caller.account.namespace), path)
        try:
            self._answer(req, resp, path, opened)
        finally:
            if resp.stream is None:
                os.close(opened[0])

    def _open(self, files: NamespaceFiles, path: str) -> Opened:
        """The handle of a file. Raises Problem (403, 404), StoreError."""
        try:
            whole = below_root(path, self._folder)
            if files.meets_link(whole):
                raise Problem(403, "Path not allowed")
            opened = files.open(whole)
        except (OqlError, Invalid):
            raise Problem(403, "Path not allowed") from None
        if opened is None:
            raise Problem(404, "File not found")
        return opened

    def _answer(self, req: Request, resp: falcon.asgi.Response, path: str, opened: Opened) -> None:
        found = opened[1]
        tag = tag_of(found)
        resp.set_headers(headers(f"/{path}", tag, resumable=True))
        if is_known(req.get_header("If-None-Match"), tag):
            resp.status = falcon.HTTP_304
            return
        start, size = part_wanted(req, tag, found.st_size)
        self._downloads.send(req, resp, opened, start, size)

    def stop_all(self) -> None:
        """Breaks off every download."""
        self._downloads.stop_all()

    def close(self) -> None:
        """Ends the threads."""
        self._downloads.close()
