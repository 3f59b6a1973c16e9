"""Files beside the program of a site, served as they are to whoever asks for their path."""

import os
from datetime import datetime
from email.utils import formatdate

import falcon
import falcon.asgi

from oql.site_names import FOLDER
from server.download import Downloads, Opened
from server.files import content_type
from server.request import Request
from server.wanted import is_known, part_wanted, tag_of
from substrate.errors import StoreError
from substrate.files.folder import NamespaceFiles

METHODS = ("GET", "HEAD")


class StaticFiles:
    """The files of all sites of one process."""

    def __init__(self) -> None:
        self._downloads = Downloads("site-files")

    async def answer(self, req: Request, resp: falcon.asgi.Response, name: str, opened: Opened) -> None:
        """Sends an open file under its name. Raises Problem: 416, 503."""
        try:
            self._answer(req, resp, name, opened)
        finally:
            if resp.stream is None:
                os.close(opened[0])

    def _answer(self, req: Request, resp: falcon.asgi.Response, name: str, opened: Opened) -> None:
        found = opened[1]
        tag = tag_of(found)
        has_it = _has_it(req, tag, found.st_mtime)
        start, size = (0, 0) if has_it else part_wanted(req, tag, found.st_size)
        self._downloads.make_room()
        resp.set_headers(
            {
                "Content-Type": content_type(name),
                "ETag": tag,
                "Last-Modified": formatdate(int(found.st_mtime), usegmt=True),
                "Cache-Control": "no-cache",
                "Accept-Ranges": "bytes",
            }
        )
        if has_it:
            resp.status = falcon.HTTP_304
            return
        self._downloads.send(req, resp, opened, start, size)

    def stop_all(self) -> None:
        """Breaks off whatever is being sent."""
        self._downloads.stop_all()

    def close(self) -> None:
        """Ends the threads."""
        self._downloads.close()


def open_static(files: NamespaceFiles, site: str, path: str) -> tuple[str, Opened] | None:
    """The file that a path within a site names, with its name; None where there is none to be seen.

    Programs, and whatever begins with a dot or is in such a folder, are never seen.
    """
    names = path[1:].split("/")
    if not all(names) or any(name.startswith(".") for name in names) or names[-1].lower().endswith(".oql"):
        return None
    try:
        opened = files.open(f"{FOLDER}/{site}/{'/'.join(names)}")
    except StoreError as error:
        if error.code in ("validation_failed", "not_found"):
            return None
        raise
    return (names[-1], opened) if opened else None


def _has_it(req: Request, tag: str, modified: float) -> bool:
    known = req.get_header("If-None-Match")
    if known is not None:
        return is_known(known, tag)
    try:
        since: datetime | None = req.if_modified_since
    except falcon.HTTPError:
        return False
    return since is not None and int(modified) <= since.timestamp()
