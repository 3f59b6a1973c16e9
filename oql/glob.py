"""Patterns for names of files: `*.csv`, `report-????.pdf`, `2026/**/*.txt`.

`*` is any run of characters and `?` any single one, neither of them `/`; `[abc]`, `[a-z]` and `[!a]` are one character;
`**` is any number of folders. A pattern without `/` is for the name alone, wherever the file is.
"""

import re

from oql.errors import Code
from oql.regex import Pattern, compile_pattern

_PART = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)
_ANY = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def compile_glob(glob: str, code: Code) -> Pattern:
    """The regular expression that a whole name, or a whole path within the folder, has to fit."""
    return compile_pattern(f"(?s:{''.join(map(_expression, _PART.findall(glob)))})", code)


def _expression(part: str) -> str:
    if part in _ANY:
        return _ANY[part]
    if len(part) > 2 and part[0] == "[":
        negated, inside = part[1] == "!", part[1:-1].removeprefix("!")
        if inside:
            return f"[{'^/' if negated else ''}{_escaped(inside)}]"
    return re.escape(part)


def _escaped(inside: str) -> str:
    """What stands between brackets, where only `-` between two characters means anything."""
    return "".join(f"\\{c}" if c in "\\[]^&~|" else c for c in inside)
