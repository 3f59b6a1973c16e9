"""The saved texts of chains and pipelines over HTTP: listed, shown, saved, deleted."""

import time

import falcon.asgi

from chains import library, saving
from chains.executions import reading
from chains.library import Kind
from oql import json
from server.chains.bodies import text_of
from server.chains.desk import Desk, checked_name
from server.problems import Problem
from server.request import Request
from substrate.interface import Namespace


class SavedTexts:
    """The responders for the texts of one kind."""

    def __init__(self, desk: Desk, kind: Kind) -> None:
        self._desk = desk
        self._kind = kind

    async def list(self, req: Request, resp: falcon.asgi.Response) -> None:
        """All of them by name."""
        _, namespace = await self._desk.caller(req)
        found = await self._desk.read(library.listed, namespace, self._kind) or []
        resp.data = json.dumps([{"name": saved.name, **saved.about} for saved in found])

    async def get(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """The text of one, byte for byte."""
        _, namespace = await self._desk.caller(req)
        saved = await self._desk.read(library.find, namespace, self._kind, checked_name(name))
        if saved is None:
            raise self._unknown(name)
        resp.content_type = "text/yaml; charset=utf-8"
        resp.data = saved.text.encode()

    async def save(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """Saves one, also in place of one of that name."""
        _, namespace = await self._desk.caller(req)
        checked_name(name)
        text = await text_of(self._desk.bodies, req)
        try:
            warnings = await self._desk.threads.run(saving.save, namespace, self._kind, name, text, time.time())
        except saving.TextRefused as refusal:
            raise Problem(400, str(refusal)) from None
        resp.data = json.dumps({"ok": True} | ({"warnings": warnings} if warnings else {}))

    async def delete(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """Forgets one; runs of it go on."""
        _, namespace = await self._desk.caller(req)
        checked_name(name)
        await self._desk.require(namespace, self._unknown(name))
        if not await self._desk.write(namespace, lambda frame: library.delete(frame, self._kind, name)):
            raise self._unknown(name)
        resp.data = b'{"ok":true}'

    async def stats(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """What the ended runs of a chain have come to."""
        _, namespace = await self._desk.caller(req)
        found = await self._desk.read(_stats, namespace, checked_name(name))
        if found is None:
            raise self._unknown(name)
        resp.data = json.dumps(found)

    def _unknown(self, name: str) -> Problem:
        return Problem(404, f'{self._kind.capitalize()} "{name}" not found')


def _stats(namespace: Namespace, name: str) -> reading.Shown | None:
    return reading.stats(namespace, name) if library.find(namespace, "chain", name) else None
