"""Values as other languages write them: variables, selectors, numbers, arithmetic, arrays and objects."""

# ruff: noqa: RUF001  (the characters are looked for)

import re

from oql.rewrites import VALUE, VARIABLE, Found, Rewrite, around, at
from oql.rewriting.steps import json_text

_LATER = '"?a + 1" SET ?number'
_COMPUTE = f"arithmetic is written CALCULATE {_LATER}"
_SELECT = "a part of a value is written ?user(name), an element ?list(0)"
_VARIABLE = "a variable begins with `?`"
_QUOTES = "a text stands in quotes"
_JOIN = "texts are joined by &"
_LIST = "values of a list are joined by AND"
_WORDS = {"none": "null", "nil": "null", "undefined": "null", "null": "null", "true": "true", "false": "false"}
_WORD = r"[A-Z]?[a-z]\w*"
_TERM = rf"(?:{VARIABLE}|-?\d+(?:\.\d+)?)"
_SUM = rf"{_TERM}(?:\s*(?:[-+/%^]|\*\*?|//)\s*{_TERM})+"
_PARTS = re.compile(r"\.(\w+)|->(\w+)|\[\s*(?:\"([^\"]*)\"|'([^']*)'|([^\]]*?))\s*\]")


def _selected(match: Found) -> str | None:
    keys = [next((part for part in parts if part), None) for parts in _PARTS.findall(match[2])]
    return match[1] + "".join(f"({key})" for key in keys) if all(keys) else None


def _quoted(word: str, text: str) -> str | None:
    """A word in quotes, unless it is one of the language's own."""
    from oql.messages import is_keyword

    return None if is_keyword(word) else f'"{text}"'


def _summed(match: Found) -> str:
    return match[1] + '"' + match[2].replace("**", "^").replace("//", "/") + '"'


def _summed_before(match: Found) -> str:
    written = match[2].replace("**", "^").replace("//", "/")
    return f'CALCULATE "{written}" SET ?number AFTER {match[1]}?number'


def _bare(match: Found) -> str | None:
    """A bare word as a variable, if some step sets one of that name."""
    return f"?{match[1]}" if re.search(rf"(?:SET|AS)\s+\?{match[1]}\b", match.string) else None


def _interpolated(match: Found) -> str | None:
    parts = re.split(r"\$?\{\s*\??([A-Za-z_]\w*)\s*\}", match[1][1:-1])
    quote = match[1][0]
    shown = [f"?{part}" if at % 2 else f"{quote}{part}{quote}" for at, part in enumerate(parts) if part]
    return " & ".join(shown) if len(parts) > 1 else match[1]


def _formatted(match: Found) -> str | None:
    text = match[1]
    return f"{text[:-3]}{text[-1]} & {match[2]}" if text[1:-1].endswith("%s") else None


def _before(kind: str, hint: str, pattern: str) -> Rewrite:
    def rewrite(match: Found) -> str | None:
        data = json_text(match[2])
        return data and f"PARSE JSON '{data}' SET ?{kind} AFTER {match[1]}?{kind}"

    return around(rf"({_FRONT})({pattern})", rewrite, hint)


_FRONT = r"(?:(?<=^)|(?<=\n)|(?<=AFTER )|(?<=NEST )|(?<=  ))[A-Z][A-Z ]{0,40}[A-Z] (?:[^\n\"{}\[\]]*? )??"

TABLE = (
    at(r"(?i)(none|nil|undefined|null|true|false)\b", lambda m: _WORDS[m[1].lower()],
       "write null, true and false in small letters"),
    around(r"\b[fF](<TEXT>)", _interpolated, "texts are joined by &: they hold no variables"),
    around(r"\b[rRbBuU](<TEXT>)", r"\1", "leave out the letter: a backslash stays as it is"),
    around(r"(!REQUEST|!GET|!POST|!COOKIE|!EVENT|!ERROR|!JOB)\.(\w+)", r"\1(\2)", _SELECT),
    around(r"(\?[A-Za-z_]\w*(?:\([^()\n]*\))*|![A-Z]+)((?:\.\w+|->\w+|\[[^\[\]\n:]+\])+)", _selected, _SELECT),
    around(r"(<VAR>)\s+(\((?:-?\d+|\w+)\))", r"\1\2", "a selector stands directly behind its variable"),
    around(r"(<VAR>)\(\s*\)", r"\1", "leave out the parentheses: nothing is selected"),
    around(r"(\?[A-Za-z_]\w*)\(([\w-]+)(?=\s|\Z)", r"\1(\2)", "add a `)`"),
    around(r"!([A-Za-z_]\w*)", lambda m: f"!{m[1].upper()}", "system variables are capitals"),
    around(r"\?([A-Za-z]\w*)-(\w+)(?:-(\w+))?", lambda m: "?" + "_".join(filter(None, m.groups())),
           "names hold letters, digits and `_`"),
    around(r"\?(\d\w*)", r"?_\1", "names begin with a letter or `_`"),
    at(r"\?\s+([A-Za-z_]\w*)", r"?\1", "no blank stands behind `?`"),
    at(r"[$@:%]\{?([A-Za-z_]\w*)[}%]?(?![\w(])", r"?\1", _VARIABLE),
    at(r"\{\{\s*\??([A-Za-z_]\w*)\s*\}\}", r"?\1", _VARIABLE),
    at(r"([A-Za-z_]\w*)", _bare, _VARIABLE),
    # numbers
    around(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?![\w.])", lambda m: m[0].replace(",", ""), "numbers have no commas inside"),
    around(r"(?<![\w.])(\d+),(\d{1,2})(?![\w.])", r"\1.\2", "fractions begin with a dot"),
    at(r"\d+(?:_\d+)+(?![\w.])", lambda m: m[0].replace("_", ""), "numbers have no `_` inside"),
    at(r"\.\d+(?![\w.])", r"0\g<0>", "a number begins with a digit"),
    at(r"(\d+)\.(?![\w.])", r"\1", "a number ends with a digit"),
    at(r"0[xX][0-9A-Fa-f]+(?!\w)", lambda m: str(int(m[0], 16)), "numbers are decimal"),
    at(r"0[bB][01]+(?!\w)", lambda m: str(int(m[0], 2)), "numbers are decimal"),
    at(r"\+\s*(\d+(?:\.\d+)?)", r"\1", "leave out the `+`"),
    at(r"[$€£]\s*(\d+(?:\.\d+)?)", r"\1", "numbers have no unit"),
    at(r"(\d+(?:\.\d+)?)\s?(?:ms|s|m|h|d)\b", r'"\g<0>"', "a stretch of time is a text"),
    around(r"(\b\d+(?:\.\d+)?)\s*%(?!\s*[\w?\"])", r'"\1%"', _QUOTES),
    at(r"\d+(?:\.\d+){2,}(?!\w)", r'"\g<0>"', _QUOTES),
    # arithmetic, texts joined by +, lists
    around(r"<VALUE>(?:\s*\+\s*<VALUE>)*\s*\+\s*<VALUE>(?:\s*\+\s*<VALUE>)*",
           lambda m: re.sub(rf"({VALUE})\s*\+\s*", r"\1 & ", m[0]) if re.search(r"[\"'`]", m[0]) else None, _JOIN),
    around(rf"(\bCALCULATE\s*)\(?\s*({_SUM})(?:\s*\))?", lambda m: _summed(m).replace('CALCULATE"', 'CALCULATE "'),
           "the text of CALCULATE stands in quotes"),
    around(r"(\bCALCULATE\s*)\(?([^\"'\n()]*?[-+*/×÷][^\"'\n()]*?)\)?(?=\s+SET\b|\s*\Z|\s*\n)",
           lambda m: 'CALCULATE "' + m[2].strip().replace("×", "*").replace("÷", "/") + '"',
           "the text of CALCULATE stands in quotes"),
    around(rf"((?:(?<=^)|(?<=\n)|(?<=AFTER )|(?<=NEST )|(?<=  ))[A-Z]{{2,}}\b[^\n]*?)({_SUM})", _summed_before,
       _COMPUTE),
    around(r"(<TEXT>)\s*%\s*(<VAR>)", _formatted, _JOIN),
    around(r"<VALUE>(?:\s*,\s*<VALUE>)+", lambda m: re.sub(rf"({VALUE})\s*,\s*", r"\1 AND ", m[0]), _LIST),
    around(r"<VALUE>(?:\s*,\s*<VALUE>)+", lambda m: re.sub(rf"({VALUE})\s*,\s*", r"\1 & ", m[0]), _JOIN),
    around(r"<VALUE>(?:\s+AND\s+<VALUE>(?![\w(]|\s+FORMAT\b))+", lambda m: re.sub(r"\s+AND\s+", " & ", m[0]), _JOIN),
    around(r"((?:NEW\s+ARRAY\s+OPEN\s+NEST|ENLIST)\s+)(<VALUE>(?:\s+<VALUE>)+)",
           lambda m: m[1] + re.sub(rf"({VALUE})\s+(?=\S)", r"\1 AND ", m[2]), _LIST),
    around(r"<VALUE>(?:\s+<VALUE>)+", lambda m: re.sub(rf"({VALUE})\s+(?=\S)", r"\1 & ", m[0]), _JOIN),
    around(r"<VALUE>(?:\s+<VALUE>)+", lambda m: re.sub(rf"({VALUE})\s+(?=\S)", r"\1 AND ", m[0]), _LIST),
    _before("array", "an array is made before it is used, by PARSE JSON or ENLIST", r"\[[^\[\]\n]*\]"),
    _before("object", "an object is made before it is used, by PARSE JSON or NEW JSON OBJECT", r"\{[^{}\n]*\}"),
    # the parts of objects
    around(r"(\bNEST|\bAND|,)\s+(?:SET\s+)?(\"\w+\"|\w+)\s*[:=]\s*(?=<VALUE>)", r"\1 SET \2 AS ",
           "a part of an object is written SET name AS value"),
    around(r"(\bSET\s+(?:<TEXT>|<NAME>))\s+TO\b", r"\1 AS", "a part of an object is written SET name AS value"),
    at(r"(<NAME>|<TEXT>)\s+AS\b", r"SET \g<0>", "a part of an object is written SET name AS value"),
    around(r"\s*,\s*(?=SET\b)", " AND ", "parts of an object are joined by AND"),
    around(r"\b<NAME>\.(<NAME>)", r"\1", "a column is written without its table"),
    at(r"([A-Z]\w*)(?=\s+IS\b)", lambda m: m[1].lower(), "columns are small letters"),
    # texts without quotes
    around(rf"(?<=[A-Z] )({_WORD}(?:[ \t]+{_WORD})+)(?=\s*(?:\Z|\n|SET\b|AFTER\b|WITH\b))", r'"\1"', _QUOTES),
    at(r"[A-Z][A-Za-z0-9-]*\b", lambda m: _quoted(m[0], m[0]), _QUOTES),
    at(r"[A-Z][A-Za-z0-9-]*\b", lambda m: _quoted(m[0], m[0].lower()), _QUOTES),  # one of the choices of a verb
    at(r"/[\w./-]+", r'"\g<0>"', _QUOTES),
    around(r"\bhttps?://[^\s\"']+", r'"\g<0>"', _QUOTES),
    at(r"[a-z]\w*\b", r'"\g<0>"', _QUOTES),
)  # fmt: skip
"""Rewrites of values."""
