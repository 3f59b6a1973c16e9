"""No file names the machine or the folders in which it was written."""

import re

from tests.house.project import files, text_of

# The brackets keep these patterns from finding this file.
WORKPLACE = re.compile(
    r"/wor[k]/|/far[m]/|\.pyen[v]\b|\.\./share[d]\b|(?<!\w)\.librar[y]\b|/opt/(pyp[i]|wheel[s])|/tmp/bas[h]_jobs"
)


def test_no_file_names_the_place_where_it_was_written() -> None:
    found = [
        f"{path}:{number} {line.strip()[:80]}"
        for path in files()
        for number, line in enumerate((text_of(path) or "").splitlines(), 1)
        if WORKPLACE.search(line)
    ]
    assert found == []


def test_such_a_place_is_found() -> None:
    assert WORKPLACE.search("see /wor" + "k/main/README.md")
    assert WORKPLACE.search("in ../shar" + "ed/spec")
    assert WORKPLACE.search("/.librar" + "y/x")
    assert not WORKPLACE.search("READ '/root/network/a.txt'")
    assert not WORKPLACE.search("from chains.library import save")
