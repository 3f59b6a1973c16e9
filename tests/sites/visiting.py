"""Visitors of a site, who ask with its host; and what its owner does."""

from typing import Any, Self

import httpx

from tests.http.running import TEST_LOGIN, Server, ask


class Visitor:
    """A client that visits one site of a server as browsers do, at its host, and keeps no cookies."""

    def __init__(self, server: Server, site: str, domain: str = "localhost", **login: str) -> None:
        self.server = server
        self.site = site
        self.login = login or TEST_LOGIN
        self.host = f"{site}.{domain}:{server.port}"
        self.client = httpx.Client(base_url=server.url, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def put(self, text: str, path: str = "index.oql") -> None:
        """Writes a file of the site."""
        answer = self.write(text, f"/root/sites/{self.site}/{path}")
        assert answer.get("status") == "ok", answer

    def write(self, text: str, path: str) -> dict[str, Any]:
        """Writes any file of the account; the answer to the program that does so."""
        query = "WRITE !REQUEST(body) INTO !REQUEST(path)"
        request = {"body": text, "path": path}
        answer: dict[str, Any] = ask(self.client, query, auth=self.login, request=request).json()
        return answer

    def run(self, query: str) -> Any:
        """The result of a program of the account."""
        answer = ask(self.client, query, auth=self.login).json()
        assert answer.get("status") == "ok", answer
        return answer["result"]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request to the site."""
        headers = {"Host": self.host} | more.pop("headers", {})
        answer = self.client.request(method, path, headers=headers, **more)
        self.client.cookies.clear()
        return answer

    def get(self, path: str = "/", **more: Any) -> httpx.Response:
        """One page."""
        return self.ask("GET", path, **more)

    def post(self, path: str = "/", **more: Any) -> httpx.Response:
        """Sends a form."""
        return self.ask("POST", path, **more)

    def shows(self, text: str, path: str = "/", **more: Any) -> httpx.Response:
        """The page at a path, when the program of the site is this."""
        self.put(text)
        return self.get(path, **more)
