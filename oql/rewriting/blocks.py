"""Blocks, loops and branches as other languages write them."""

import re
import textwrap

from oql.rewrites import Found, around, at
from oql.verbs.declare import MODIFIERS

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|[{}]")
_NEST = "blocks are written OPEN NEST ... CLOSE NEST"
_EACH = "write FOREACH ?list AS ?item"
_COUNT = "count with RANGE, and FOREACH its numbers"


def _braces(match: Found) -> str | None:
    """The block between a brace and its partner."""
    text, depth = match.string, 0
    for part in _QUOTED.finditer(text, match.start(), match.end()):
        depth += {"{": 1, "}": -1}.get(part[0], 0)
        if not depth:
            return None if part.end() != match.end() else f"OPEN NEST{text[match.start() + 1 : part.start()]}CLOSE NEST"
    return None


def _indented(match: Found) -> str:
    return f" OPEN NEST\n{match[1]}\n{textwrap.indent('CLOSE NEST', match['outer'])}"


TABLE = (
    at(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", _braces, _NEST),
    around(r":[ \t]*\n((?:(?P<outer>)[ \t]+[^\n]*(?:\n|\Z))+)", lambda m: _indented(m).rstrip("\n"), _NEST),
    around(r"\bOPEN\s+(?!NEST\b)N[A-Z]{1,4}\b", "OPEN NEST", "a block begins with OPEN NEST"),
    around(r"\bCLOSE\s+(?!NESTS?\b)N[A-Z]{1,4}\b", "CLOSE NEST", "a block ends with CLOSE NEST"),
    at(r"(?i)then\s+(?!OPEN\b)(.+?)\s+(?:end|fi)(?:\s*;?\s*if)?\b", r"OPEN NEST \1 CLOSE NEST", _NEST),
    at(r"(?i)do\s+(?!OPEN\b)(.+?)\s+(?:end|done)\b", r"OPEN NEST \1 CLOSE NEST", _NEST),
    at(r"(?i)(?:then|do)\s+(?=OPEN\s+NEST)", "", "leave it out: the block follows at once"),
    at(r"(?i)(?:end|close)(?:\s*(?:if|nests?|for|foreach|while|loop|switch|case|block))?(?!\s+all\b)\b", "CLOSE NEST",
       "a block ends with CLOSE NEST"),
    around(r"CLOSENESTS?|CLOSE\s+NESTS", "CLOSE NEST", "a block ends with CLOSE NEST"),
    around(r"(?i)\b(?:end\s*(?:if|nests?|for|foreach|while|loop|switch)?|close(?:nests?|\s+nests)?)[ \t]*(?:\n|\Z)",
           "CLOSE NEST", "a block ends with CLOSE NEST"),
    at(r"(?i)(?:open\s*nests?|open|begin)\b", "OPEN NEST", "a block begins with OPEN NEST"),
    at(r"(?i)then[ \t]+([^\n]+?)[ \t]*(?=\n|\Z)", r"OPEN NEST \1 CLOSE NEST", _NEST),
    around(r"[ \t]*CLOSE\s+NEST\b", "", "leave it out: no block is open here"),
    at(r"(?i)else\s*if\b|elif\b|elsif\b", "ELSE IF", "write ELSE IF"),
    around(r"\b(?:AFTER|OR|AND)\s+ELSE\b", "ELSE", "ELSE follows its block at once"),
    around(r"\bELSE\s+(?=<VALUE>\s+(?:IS|CONTAINS|MATCHES)\b)", "ELSE IF ", "a condition follows ELSE IF"),
    at(r"(?i)else\b", "ELSE", "keywords are capitals: write `ELSE`"),
    at(r"(?i)otherwise\b", "OR", "write OR"),
    at(r"(?i)else\b(?!\s+OPEN\b)", "OR", "what is tried when a step fails is joined by OR"),
    at(r"(?i)else\b", "DEFAULT", "in SWITCH write DEFAULT"),
    at(r"(?i)when\b", "CASE", "in SWITCH write CASE"),
    at(r"(?i)for\s*\(\s*(?:let|var|const)?\s*\??(\w+)\s*=\s*(\d+)\s*;\s*\??\1\s*<\s*(<VALUE>)\s*;[^)]*\)",
       r"RANGE FROM \2 TO \3 SET ?range AFTER FOREACH ?range AS ?\1", _COUNT),
    at(r"(?i)for\s*(?:each)?\s*\(?\s*(?:const\s+|let\s+|var\s+)?\??(\w+)\s+(?:of|in)\s+"
       r"(?i:range)\s*\(\s*(<VALUE>)\s*\)(?:\s*\))?",
       r"RANGE FROM 0 TO \2 SET ?range AFTER FOREACH ?range AS ?\1", _COUNT),
    at(r"(?i)for\s*(?:each)?\s*\(?\s*(?:const\s+|let\s+|var\s+)?\??(\w+)\s+(?:of|in)\s+(<VALUE>)(?:\s*\))?",
       r"FOREACH \2 AS ?\1", _EACH),
    around(r"\bFOREACH\s+\??(\w+)\s+(?i:of|in)\s+(<VALUE>)", r"FOREACH \2 AS ?\1", _EACH),
    around(r"\bFOREACH\s+(?i:range)\s*\(\s*(<VALUE>)\s*\)", r"RANGE FROM 0 TO \1 SET ?range AFTER FOREACH ?range",
       _COUNT),
    at(r"(?i)for\s+each\b", "FOREACH", _EACH),
    at(r"(?i)for\b(?=\s*<VALUE>\s+AS\b)", "FOREACH", _EACH),
    at(r"(?i)(?:loop|repeat)\s+(<VALUE>)(?:\s+times)?\b", r"RANGE FROM 0 TO \1 SET ?range AFTER FOREACH ?range AS ?i",
       _COUNT),
    around(r"\bFOREACH\s+(<VALUE>)\s+(?=OPEN\s+NEST)", r"FOREACH \1 AS ?item ", _EACH),
    around(r"\bFOREACH\s+(<VALUE>)\s+AS\s+(\w+)\b", r"FOREACH \1 AS ?\2", "a variable begins with `?`"),
    around(r"\bFOREACH\s+(<VALUE>)\s+AS\s+\?\w+\s*,\s*(\?\w+)", r"FOREACH \1 AS \2",
           "a loop has one variable; !KEY is the key and !INDEX the number of the pass"),
    around(r"(\bAS\s+\?\w+)\([^()\n]*\)(?=\s+OPEN\s+NEST)", r"\1", "a loop has a plain variable"),
    at(r"(?i)unless\s+(.+?)\s+(?=OPEN\s+NEST)", r"IF NOT (\1) ", "write IF NOT (...)"),
    at(r"(?i)until\s+(.+?)\s+(?=OPEN\s+NEST)", r"WHILE NOT (\1) ", "write WHILE NOT (...)"),
    at(r"(?i)when\b", "IF", "write IF"),
    at(r"(?i)try\s*\{\s*([^{}]*?)\s*\}\s*catch\s*(?:\([^()]*\))?\s*\{\s*([^{}]*?)\s*\}", r"\1 OR \2",
       "what is tried when a step fails is joined by OR"),
    around(r"(?i)\bwhile\s+true\b", "WHILE 1 IS EQUAL TO 1"),
    around(r"(\bCASE\s+<VALUE>)\s*:", r"\1", "a block follows CASE"),
    around(r"(?s)(DEFAULT\s+OPEN\s+NEST\s+.*?CLOSE\s+NEST)\s+(CASE\s+.*?CLOSE\s+NEST)(?=\s+CLOSE\s+NEST)", r"\2 \1",
           "DEFAULT is the last"),
    at(r"CLOSE\s+ALL(?:\s+NEST)?\b", "CLOSE ALL NESTS", "write CLOSE ALL NESTS"),
    at(r"(?i)(?:exit|quit|stop|die|halt)\b(?:\s*\(\))?", "EXIT ALL", "EXIT ALL ends the program"),
    at(r"((?:DEFINE\s+NEW\s+OPERATION\s+AS\s+<TEXT>|TRANSACTION|DEFINE\s+CRON\s+<TEXT>\s+ON\s+SCHEDULE\s+<TEXT>"
       r"|WATCH\s+<TEXT>\s+ON\s+<TEXT>))\s+([A-Z][^\n]*?)[ \t]*(?=\n|\Z)", r"\1 OPEN NEST \2 CLOSE NEST", _NEST),
    around(r"(\bFORMAT\s+[A-Z]+)\s+(<TEXT>)(?!\s+A(?:ND|S)\b)", r"\1 AS \2", "the label of a field follows AS"),
)  # fmt: skip
"""Rewrites of blocks."""


def _wrapped(match: Found) -> str | None:
    """The words as a block; None for a modifier, which begins no step."""
    from oql.messages import phrase_at

    return None if phrase_at(match.string, match.start(1)) in MODIFIERS else f"OPEN NEST {match[1]} CLOSE NEST"


_TO_END = r"[^\n]*?)(?=\s+CLOSE\s+NEST\b|\s+ELSE\b|[ \t]*\n|\s*\Z)"

WRAPPED = (
    at(rf"((?!OPEN\b|CLOSE\b)[A-Z]{{2,}}{_TO_END}", _wrapped, _NEST),
    at(rf"(?:AFTER|AND|THEN)\s+([A-Z]{_TO_END}", _wrapped, _NEST),
)
"""Rewrites that make a block of steps, tried when nothing else helps."""
