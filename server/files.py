"""GET /files/{token}: a shared file, for whoever has its link."""

import mimetypes
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import quote

import falcon
import falcon.asgi

from server.download import Downloads, Opened
from server.problems import Problem, unavailable
from server.request import Request
from server.wanted import is_known, part_wanted, tag_of
from substrate.errors import StoreError
from substrate.files.opening import FileStore
from substrate.files.shares import Share, Shares

SAFE = {
    # What was shared was written by a program, perhaps from what strangers sent: it never runs under this address.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}
_UNSAFE_IN_QUOTES = re.compile(r"[^ !#-$&-\[\]-~]")
_TYPES = mimetypes.MimeTypes()
"""The library's own table, not that of the machine."""


class SharedFiles:
    """The responder of /files/{token}."""

    def __init__(self, store: FileStore, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now
        self._downloads = Downloads("files")

    async def download(self, req: Request, resp: falcon.asgi.Response, token: str) -> None:
        """Sends the file. HEAD tells about it, and leaves a link that works once as it was."""
        self._downloads.make_room()
        share = await self._downloads.call(self._store.shares.find, token, self._now())
        if share is None:
            raise Problem(404, "there is no such link")
        if share.over:
            raise _gone()
        req.namespace = share.namespace
        opened = await self._downloads.call(_open, self._store, share)
        if opened is None:
            raise Problem(404, "the file is no longer there")
        try:
            await self._answer(req, resp, share, opened)
        finally:
            if resp.stream is None:
                os.close(opened[0])

    async def _answer(self, req: Request, resp: falcon.asgi.Response, share: Share, opened: Opened) -> None:
        found = opened[1]
        tag = tag_of(found)
        known = is_known(req.get_header("If-None-Match"), tag)
        start, size = part_wanted(req, tag, found.st_size) if share.multi and not known else (0, found.st_size)
        claim = None if share.multi or known or req.method == "HEAD" else Once(self._store.shares, share, self._now)
        if claim and not await self._downloads.call(claim.take):
            raise _gone()
        resp.set_headers(headers(share.path, tag, resumable=share.multi))
        if known:
            resp.status = falcon.HTTP_304
            return
        self._downloads.send(req, resp, opened, start, size, claim)

    def stop_all(self) -> None:
        """Breaks off every download; links that work once are free again."""
        self._downloads.stop_all()

    def close(self) -> None:
        """Ends the threads."""
        self._downloads.close()
        self._store.close()


class Once:
    """The claim of one download on a link that works once."""

    def __init__(self, shares: Shares, share: Share, now: Callable[[], float]) -> None:
        self._shares = shares
        self._share = share
        self._now = now
        self._holder = secrets.token_hex(16)

    def take(self) -> bool:
        """Takes the link; False when somebody else has it, or had it."""
        return self._shares.take(self._share, self._holder, self._now())

    def keep(self) -> bool:
        """See Claim."""
        return self._shares.keep(self._share, self._holder, self._now())

    def finish(self) -> bool:
        """See Claim."""
        return self._shares.finish(self._share, self._holder)

    def give_back(self) -> None:
        """See Claim."""
        self._shares.give_back(self._share, self._holder)


def _open(store: FileStore, share: Share) -> Opened | None:
    try:
        return store.of(share.namespace).open(share.path)
    except StoreError as error:
        raise unavailable("the file cannot be read now") from error


def _gone() -> Problem:
    return Problem(410, "this link works once, and was used; or it has expired")


def headers(path: str, tag: str, *, resumable: bool) -> Mapping[str, str]:
    """What an answer says of a file: its type, its name, and that it is to be kept, not shown."""
    name = path.rsplit("/", 1)[1]
    return {
        **SAFE,
        "Content-Type": content_type(name),
        "Content-Disposition": disposition(name),
        "ETag": tag,
        "Accept-Ranges": "bytes" if resumable else "none",
    }


def content_type(name: str) -> str:
    """The media type of a file, by the end of its name."""
    kind, packing = _TYPES.guess_type(f"x{name}" if name.startswith(".") else name)
    if packing or kind is None:
        return {"gzip": "application/gzip"}.get(packing or "", "application/octet-stream")
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def disposition(name: str) -> str:
    """The header that offers a file under its name (RFC 6266): plain for all, and exactly for those who can (RFC 8187).

    Signs that cannot be seen are left out: some turn the direction of writing, and `txt.exe` looks like `exe.txt`.
    """
    seen = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf")) or "file"
    plain = _UNSAFE_IN_QUOTES.sub("_", seen)
    exact = "" if plain == seen else f"; filename*=UTF-8''{quote(seen, safe='')}"
    return f'attachment; filename="{plain}"{exact}'
