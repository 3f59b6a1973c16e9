"""What threads of a process free goes back to the system."""

import subprocess
import sys

from tests.http.running import ROOT

PROGRAM = """
import re, threading
from pathlib import Path
from server.process.allocator import give_back

def held():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

def work():
    for _ in range(3):
        gate.wait()
        block = b"x" * (20 * 2**20)
        del block

give_back()
gate, before = threading.Barrier(4), held()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(held() - before)
"""
"""How many MB are held after four threads have used and freed 20 MB each, as password hashes do."""


def test_what_is_freed_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, text=True, check=True, stdout=subprocess.PIPE)
    assert int(done.stdout) < 20
