"""Ways to hurt a running server, each by name, and the log of what was done."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.http.running import Server, children, start, title, until


@dataclass
class Target:
    """A server that is killed and, when all of it is gone, started again on the same folder. `log`: what was done."""

    data: Path
    environment: dict[str, str]
    chosen: random.Random
    server: Server = field(init=False)
    log: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.server = start(self.data, **self.environment)

    @property
    def store(self) -> str:
        """The URL of the PostgreSQL that keeps the rows; "" for SQLite."""
        return self.environment.get("store", "")

    def url(self) -> str:
        """Where the server is now."""
        return self.server.url

    def hurt(self, how: str) -> None:
        """Does one of WAYS."""
        self.note(how)
        WAYS[how](self)

    def stop(self) -> int:
        """Ends the server gently; its exit code."""
        return self.server.stop() if self.server.process.poll() is None else self.server.process.wait()

    def end(self) -> None:
        """Leaves no process behind."""
        family = [self.server.process.pid, *children(self.server.process.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.server.process.wait(20)

    def restart(self) -> None:
        """Starts it on the same folder."""
        self.server = start(self.data, **self.environment)
        self.note("started again")

    def pids(self, name: str) -> list[int]:
        """The processes of this name that are there now."""
        return [pid for pid in children(self.server.process.pid) if title(pid) == name]

    def kill_one(self, name: str) -> int:
        """Kills one process of this name, once there is one."""
        pid = self.chosen.choice(until(lambda: self.pids(name)))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.note(f"  killed {name} {pid}")
        return int(pid)

    def kill_everything(self) -> None:
        """Kills the master, and all others at the same moment."""
        family = [self.server.process.pid, *children(self.server.process.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.server.process.wait(20)
        until(lambda: not any(title(pid) for pid in family))
        self.note(f"  killed {len(family)} processes")

    def kill_master(self) -> None:
        """Kills the master alone; the others notice."""
        family = children(self.server.process.pid)
        os.kill(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait(20)
        until(lambda: not any(title(pid) for pid in family))

    def kill_children(self) -> None:
        """Kills all processes but the master at once."""
        for pid in children(self.server.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def flush(self) -> None:
        """Has Valkey forget everything."""
        with suppress(RedisError, OSError), Redis(unix_socket_path=str(self.data / "valkey.sock")) as client:
            client.flushall()

    def stop_gently(self) -> None:
        """SIGTERM to the tree; it must end by itself, with 0."""
        code = self.stop()
        self.note(f"  ended with {code}")
        assert code == 0, "\n".join(self.log)

    def freeze(self, name: str, seconds: float) -> None:
        """Stops one process of this name for some seconds, as a machine that swaps would."""
        pid = self.chosen.choice(until(lambda: self.pids(name)))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def note(self, text: str) -> None:
        """Adds a line to the log."""
        self.log.append(f"{time.monotonic() - self.began:6.2f} s  {text}")


def _again(hurt: Callable[[Target], None]) -> Callable[[Target], None]:
    def both(target: Target) -> None:
        hurt(target)
        target.restart()

    return both


WAYS: dict[str, Callable[[Target], object]] = {
    "job worker": lambda target: target.kill_one("oql: worker"),
    "web worker": lambda target: target.kill_one("oql: web"),
    "scheduler": lambda target: target.kill_one("oql: scheduler"),
    "valkey": lambda target: target.kill_one("oql: valkey"),
    "flush": Target.flush,
    "all children": Target.kill_children,
    "master": _again(Target.kill_master),
    "everything": _again(Target.kill_everything),
    "rolling restart": _again(Target.stop_gently),
    "frozen job worker": lambda target: target.freeze("oql: worker", 9.0),
}
