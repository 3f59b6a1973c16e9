"""Characters that only look like those of the language, or like nothing at all; quotes; comments of other languages."""

# ruff: noqa: RUF001  (the characters are looked for)

import re

from oql.rewrites import Found, around, at

_FAMILIAR = str.maketrans(
    "АВЕКМНОРСТХаеорсухіΑΒΕΖΗΙΚΜΝΟΡΤΥΧ−–—", "ABEKMHOPCTXaeopcyxiABEZHIKMNOPTYX---"
)  # cyrillic and greek letters and dashes
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f\x00-\x08\x0e-\x1f\x7f"


def _plain(match: Found) -> str:
    return match[0].translate(_FAMILIAR).translate(_FULL_WIDTH)


def _straight(match: Found) -> str | None:
    inside = match[1] or match[2] or ""
    return next((f"{quote}{inside}{quote}" for quote in "\"'`" if quote not in inside), None)


def _doubled(match: Found) -> str | None:
    inside = match[0][1:-1].replace('""', '"')
    return next((f"{quote}{inside}{quote}" for quote in "'`" if quote not in inside), None)


TABLE = (
    around(rf"[\w?!]*[{_UNSEEN}]+(?:[\w{_UNSEEN}]*)", lambda m: re.sub(f"[{_UNSEEN}]", "", m[0]),
           "leave out the character that cannot be seen"),
    around(r"[\w?!-]*[А-яіΑ-Ω\uff01-\uff5e−–—][\w\uff01-\uff5e]*", _plain,
           "write it with the characters of the keyboard: these only look like them"),
    at(r"[“”„«‟]([^“”„«»‟\n]*)[“”»‟\"]|[‘’‚‹]([^‘’‚‹›\n]*)[‘’›']", _straight,
       'texts stand in straight quotes: "..."'),
    at(r"\"([^\"“”\n]*)[“”]", r'"\1"', 'texts stand in straight quotes: "..."'),
    at(r"\"([^\"'\n]*)'(?=\s|$)", r'"\1"', "a text ends with the quote that it begins with"),
    at(r"'([^\"'\n]*)\"(?=\s|$)", r"'\1'", "a text ends with the quote that it begins with"),
    around(r'"""([^"\n]*)"""', r'"\1"', "a text stands in one quote on each side"),
    around(r"(?=\")<TEXT>{2,}(?<=\")", _doubled,
           "a text that holds quotes stands in quotes of another kind"),
    around(r"(?<![^\s(,&])'([^'\n]*'[^'\n]*)'", lambda m: None if '"' in m[1] else f'"{m[1]}"',
           "a text that holds an apostrophe stands in other quotes"),
    around(r'(?<![^\s(,&])"([^"\n]*"\w[^"\n]*"[^"\n]*)"', lambda m: None if "'" in m[1] else f"'{m[1]}'",
           "a text that holds quotes stands in quotes of another kind"),
    at(r"\"([^\"\n]*)\\\"(?=\s|$)", r'"\1\\\\"', "a backslash at the end of a text is written twice"),
    around(r"(?<![\w\"'`])(\w+)\"(?=\s|$)", r'"\1"', "a text stands in quotes on both sides"),
    at(r"([\"'`])([^\"'`\n]*?)(?=\s+(?:SET\s+\?|AFTER\b|AND\b|WITH\b|INTO\b|FROM\b|TO\b|AS\b|OPEN\s+NEST|CLOSE\s+NEST)"
       r"|[ \t]*\n|[ \t]*\Z)", r"\1\2\1", None),
    at(r"(?://(?!\s*[\d?])|#|--)[ \t]*([^\n]*?)[ \t]*(?=\n|\Z)", r"(* \1 *)", "comments are written (* like this *)"),
    at(r"/\*\s*(.*?)\s*\*/", r"(* \1 *)", "comments are written (* like this *)"),
    at(r"<!--\s*(.*?)\s*-->", r"(* \1 *)", "comments are written (* like this *)"),
    around(r"(?<=\*\))\s*([^()\n]+?)\s*\*\)", r" (* \1 *)", "comments do not stand inside each other"),
    around(r"(?<=[\"' ])([^()\"'\s][^()\"'\n]*?)\s*\*\)", r"(* \1 *)", "a comment begins with `(*`"),
    at(r"\x1b\[[0-9;]*[A-Za-z]", "", "leave out the character that cannot be seen"),
    at(r"[^\x00-\x7f\w\s“”„«‟‘’‚‹≠≥≤×÷→][\ufe0f\u200d]*\s*", "", "leave it out"),
    at(r"(?s)\(\*(?:(?!\*\)).)*?(?=\n|\Z)", r"\g<0> *)", None),
    at(r"```(?:\w*)\n([\s\S]*?)```", r"\1", "leave out the marks around the program"),
    at(r">>?>?[ \t]*", "", "leave out the prompt"),
    at(r"(?:\d+\.|[-*•])[ \t]+(?=[A-Z])", "", "steps have no numbers or bullets"),
)  # fmt: skip
"""Rewrites of single characters, quotes and comments."""
