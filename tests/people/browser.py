"""A real Chromium without a window, driven through its debugging pipe: JSON messages, each ended by a zero byte."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FROM_TEST, _TO_TEST = 3, 4
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip


def executable() -> str | None:
    """Where Chromium is on this machine, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page of a Chromium."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._number = 0
        self._rest = b""
        self._session: str | None = None
        self._loaded = False
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.tell("Page.enable")

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the debugging protocol and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = os.read(self._read, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        first, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        if message.get("method") == "Page.loadEventFired":
            self._loaded = True
        return message

    def wait_for_page(self) -> None:
        """Waits until the page that is under way is there."""
        while not self._loaded:
            self._next()

    def open(self, url: str) -> None:
        """Goes to an address."""
        self._loaded = False
        self.tell("Page.navigate", url=url)
        self.wait_for_page()

    def go(self, expression: str) -> None:
        """Evaluates an expression that leads to another page, and waits for that."""
        self._loaded = False
        self.evaluate(expression)
        self.wait_for_page()

    def look_like(self, width: int, height: int, *, dark: bool) -> None:
        """The size of the window, and whether its user prefers dark pages."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])

    def press(self, key: str, code: int, text: str = "") -> None:
        """Presses a key."""
        pressed = {"key": key, "windowsVirtualKeyCode": code}
        self.tell("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def type(self, text: str) -> None:
        """Types a text where the focus is."""
        self.tell("Input.insertText", text=text)

    def tab(self) -> None:
        """Goes to the next thing that takes the focus."""
        self.press("Tab", 9)

    def submit_with(self, key: str, code: int, text: str) -> None:
        """Presses a key that sends the form, and waits for the page that answers."""
        self._loaded = False
        self.press(key, code, text)
        self.wait_for_page()

    def evaluate(self, expression: str) -> Any:
        """What an expression of JavaScript gives, as a value of JSON; pages have no scripts, the debugger may."""
        return self.tell("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def accessible(self) -> list[tuple[str, str]]:
        """What assistive technology gets: role and name of everything, in order."""
        nodes = self.tell("Accessibility.getFullAXTree")["nodes"]
        shown = [node for node in nodes if not node.get("ignored") and "name" in node]
        return [(node["role"]["value"], node["name"].get("value", "")) for node in shown]

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        picture = self.tell("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        return base64.b64decode(picture)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A Chromium of its own, with a profile of its own; nothing of it is left at the end of the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        to_browser, to_test = os.pipe(), os.pipe()

        def give_pipes() -> None:
            reading, writing = os.dup(to_browser[0]), os.dup(to_test[1])  # neither may be overwritten by the other
            os.dup2(reading, _FROM_TEST)
            os.dup2(writing, _TO_TEST)

        process = subprocess.Popen(
            [path, *_OPTIONS, f"--user-data-dir={profile}"], preexec_fn=give_pipes, close_fds=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_browser[0])
        os.close(to_test[1])
        try:
            yield Browser(to_browser[1], to_test[0])
        finally:
            process.kill()
            process.wait()
            os.close(to_browser[1])
            os.close(to_test[0])
