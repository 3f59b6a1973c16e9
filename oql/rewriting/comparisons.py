"""Comparisons and conditions as other languages write them."""

import re

from oql.rewrites import Found, Rewrite, around, at

_SIGNS = {
    "=": "IS EQUAL TO", "==": "IS EQUAL TO", "===": "IS EQUAL TO", "!=": "IS NOT EQUAL TO", "!==": "IS NOT EQUAL TO",
    "<>": "IS NOT EQUAL TO", "≠": "IS NOT EQUAL TO", ">": "IS GREATER THAN", "<": "IS LESS THAN",
    ">=": "IS GREATER THAN OR EQUAL TO", "<=": "IS LESS THAN OR EQUAL TO", "≥": "IS GREATER THAN OR EQUAL TO",
    "≤": "IS LESS THAN OR EQUAL TO", "=>": "IS GREATER THAN OR EQUAL TO", "=<": "IS LESS THAN OR EQUAL TO",
}  # fmt: skip
_NOTHING = r"(?i:null|none|nil|undefined|empty)\b"
_SUBJECT = r"(<LEFT>)\s+"


def _signs(found: Found) -> str | None:
    words = _SIGNS.get(found[2])
    return words and f"{found[1]} {words} {found[3]}"


def _like(match: Found) -> str | None:
    return _alike(match[1])


def _like_of(match: Found) -> str | None:
    words = _alike(match[2])
    return words and f"{match[1]} {words}"


def _alike(text: str) -> str | None:
    quote, pattern = text[0], text[1:-1]
    inside = pattern.strip("%")
    if not inside or "%" in inside or "_" in inside:
        return None
    ends = pattern.startswith("%"), pattern.endswith("%")
    words = {(True, True): "CONTAINS", (False, True): "STARTS WITH", (True, False): "ENDS WITH"}
    return f"{words.get(ends, 'IS EQUAL TO')} {quote}{inside}{quote}"


def _one_of(match: Found) -> str:
    values = re.findall(r"\"[^\"]*\"|'[^']*'|[^,\s]+", match[2])
    return "(" + " OR ".join(f"{match[1]} IS EQUAL TO {value}" for value in values) + ")"


def _size(word: str, than: str) -> tuple[Rewrite, ...]:
    words = f"IS {word} THAN"
    return (
        at(rf"(?i)(?:is\s+)?(?:{than})(?:\s+th[ae]n)?\s+or\s+equals?(?:\s+to)?\b", f"{words} OR EQUAL TO",
           f"write {words} OR EQUAL TO"),
        at(rf"(?i)(?:is\s+)?(?:{than})(?:\s+th[ae]n)?\b", words, f"write {words}"),
    )  # fmt: skip


TABLE = (
    around(rf"{_SUBJECT}\s*(?:={{1,3}}|is)\s*{_NOTHING}", r"\1 IS NULL", "write IS NULL"),
    around(rf"{_SUBJECT}\s*(?:!={{1,2}}|<>|is\s+not)\s*{_NOTHING}", r"\1 IS NOT NULL", "write IS NOT NULL"),
    around(r"(<LEFT>)\s*([=!<>≠≤≥]{1,3})\s*(<VALUE>)", _signs, "comparisons are written in words, such as IS EQUAL TO"),
    at(r"&&\s*", "AND ", "write AND"),
    at(r"\|\|\s*", "OR ", "write OR"),
    around(r"\b(?i:not)\s+(?=<VALUE>)", "NOT ", "keywords are capitals: write `NOT`"),
    at(r"!\s*(<VAR>)", r"NOT \1 IS EQUAL TO true", "write NOT in front of a comparison"),
    at(rf"(?i)is\s+{_NOTHING}", "IS NULL", "write IS NULL"),
    at(rf"(?i)(?:is\s+n(?:ot|to)|isnt|isn't|is\s+not\s+a|not\s+is|not)\s+{_NOTHING}", "IS NOT NULL",
       "write IS NOT NULL"),
    at(r"(?i)is\s+not\s+(true|false)\b", lambda m: f"IS NOT EQUAL TO {m[1].lower()}", "write IS NOT EQUAL TO"),
    at(r"(?i)is\s+(true|false)\b", lambda m: f"IS EQUAL TO {m[1].lower()}", "write IS EQUAL TO"),
    at(r"(?i)(?:is\s+not\s+equals?|is\s+unequal|not\s+equals?|isnt\s+equals?|differs)(?:\s+(?:to|from))?\b",
       "IS NOT EQUAL TO", "write IS NOT EQUAL TO"),
    at(r"(?i)(?:is\s+)?equals?(?:\s+to)?\b", "IS EQUAL TO", "write IS EQUAL TO"),
    *_size("GREATER", "greater|more|bigger|larger|higher|above|over"),
    *_size("LESS", "less|fewer|smaller|lower|below|under"),
    at(r"(?i)(?:is\s+)?at\s+least\b", "IS GREATER THAN OR EQUAL TO", "write IS GREATER THAN OR EQUAL TO"),
    at(r"(?i)(?:is\s+)?at\s+most\b", "IS LESS THAN OR EQUAL TO", "write IS LESS THAN OR EQUAL TO"),
    at(r"(?i)(?:exists|is\s+(?:set|defined|present))\b", "IS NOT NULL", "write IS NOT NULL"),
    around(rf"{_SUBJECT}(?i:does\s+not|doesnt|not)\s+(?i:(contain|match)(?:s|es)?)\b",
           lambda m: f"NOT {m[1]} {'CONTAINS' if m[2].lower() == 'contain' else 'MATCHES'}",
           "NOT stands in front of the comparison"),
    around(rf"{_SUBJECT}(?i:is\s+not\s+in|not\s+in)\b(?!\s*\()", r"NOT \1 IS IN",
       "NOT stands in front of the comparison"),
    around(rf"{_SUBJECT}(?i:is\s+)?(?i:in)\s*\(([^()\n]*)\)", _one_of, "compare with each value, joined by OR"),
    at(r"(?i)(?:is\s+)?in\b", "IS IN", "write IS IN"),
    at(r"(?i)(?:is\s+)?like\s+(<TEXT>)", _like, "write STARTS WITH, ENDS WITH or CONTAINS"),
    around(rf"{_SUBJECT}(?i:like)\s+(<TEXT>)",
           _like_of,
           "write STARTS WITH, ENDS WITH or CONTAINS"),
    around(rf"{_SUBJECT}(?i:is\s+)?(?i:between)\s+(<VALUE>)\s+(?i:and)\s+(<VALUE>)",
           r"\1 IS GREATER THAN OR EQUAL TO \2 AND \1 IS LESS THAN OR EQUAL TO \3",
           "compare with both ends, joined by AND"),
    at(r"(?i)(starts|ends)(?:\s+with|with)?\b", lambda m: f"{m[1].upper()} WITH", "write STARTS WITH or ENDS WITH"),
    at(r"(?i)is\s+not\b", "IS NOT EQUAL TO", "write IS NOT EQUAL TO"),
    at(r"(?i)is\b(?=\s+<VALUE>)", "IS EQUAL TO", "write IS EQUAL TO"),
    around(r"(<LEFT>)\s+((?:IS|CONTAINS|MATCHES|STARTS|ENDS)\b[A-Z ]*?)\s+(<VALUE>)\s+(AND|OR)\s+(?=IS\b|CONTAINS\b)",
           r"\1 \2 \3 \4 \1 ", "each comparison names what it compares"),
    around(r"(<LEFT>)\s+((?:IS|CONTAINS|MATCHES|STARTS|ENDS)\b[A-Z ]*?)\s+(<VALUE>)\s+(AND|OR)\s+(<VALUE>)",
           r"\1 \2 \3 \4 \1 \2 \5", "each comparison names what it compares"),
    at(r"ARE\b", "IS"),
    around(r"\b((?:IF|WHILE)\s+(?:SOME\s+)?)([A-Z][A-Z ]{0,40}[A-Z]\s+<VALUE>)\s+(?=IS\b|CONTAINS\b|MATCHES\b)",
           r"\2 SET ?value AFTER \1?value ", "a step gives its value to a variable, and the condition asks for that"),
    around(r"\b((?:IF|WHILE)\s+)([A-Z][A-Z ]{0,40}[A-Z]\s+<VALUE>)\s+(?=OPEN\s+NEST)",
           r"\2 SET ?value AFTER \1?value IS EQUAL TO true ",
           "a step gives its value to a variable, and the condition asks for that"),
    at(r"(<VALUE>)(?=\s+OPEN\s+NEST|\s+(?:AND|OR)\b|\s*\))", r"\1 IS EQUAL TO true", "compare it: IS EQUAL TO true"),
    around(r"\(([^()\n]*(?:\([^()\n]*\))?[^()\n]*?)\s*(?=OPEN\s+NEST)", lambda m: f"({m[1].rstrip()}) ", "add a `)`"),
    around(r"\)\)(?=\s*OPEN\s+NEST)", ")", "leave out the `)`"),
    at(r"\)\s*(?=OPEN\s+NEST)", "", "leave out the `)`"),
    at(r"(?i)(and|or|not)\b", lambda m: m[1].upper()),
)  # fmt: skip
"""Rewrites of comparisons."""
