"""Steps as other languages write them: assignments, calls, verbs of other names, what joins steps."""

import json
import re
from collections.abc import Callable

from oql.habits import SYNONYMS
from oql.rewrites import NUMBER, TEXT, VALUE, Found, around, at

_SET = 'a step keeps its value with SET behind it: STRING "x" SET ?name'
_JOINED = "steps are joined by AFTER"
_FEW = "a modifier takes one value"

_SYNONYM = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(SYNONYMS, key=len, reverse=True))
_VALUE = re.compile(VALUE)
_PLUS = re.compile(r"\s*\+\s*")
_VALUES = rf"({VALUE}(?:\s*,\s*{VALUE})*)"


def _verb(word: str) -> str:
    words = " ".join(word.upper().split())
    return SYNONYMS.get(words, words)


def _synonym(match: Found) -> str | None:
    from oql.messages import phrase_at

    return None if phrase_at(match.string, match.start()) else _verb(match[0].rstrip("()"))


def _called(joint: str) -> Callable[[Found], str]:
    return lambda match: f"{_verb(match[1])} {joint.join(_VALUE.findall(match[2]))}"


def kept(value: str, name: str) -> str | None:
    """The step that binds a name to a value written as elsewhere; None when that is not known."""
    value = value.strip().rstrip(";,").strip()
    if re.fullmatch(TEXT, value):
        return f"STRING {value} SET ?{name}"
    if re.fullmatch(NUMBER, value):
        return f'CALCULATE "{value}" SET ?{name}'
    if re.match(r"[A-Z]{2,}\b(?!\s*$)", value) and "SET" not in value:
        return f"{value} SET ?{name}"
    if re.fullmatch(rf"{VALUE}(?:\s*\+\s*{VALUE})+", value) and re.search(TEXT, value):
        return f"STRING {_PLUS.sub(' & ', value)} SET ?{name}"
    if re.fullmatch(r"[?\w\s+*/%^().-]+", value) and re.search(r"[+*/%-]", value) and "?" in value:
        return f'CALCULATE "{value}" SET ?{name}'
    data = json_text(value.lower() if value in ("True", "False", "None") else value)
    return data and f"PARSE JSON '{data}' SET ?{name}"


def json_text(written: str) -> str | None:
    """The JSON of a literal of another language, fit for a text in apostrophes; None when it is none."""
    quoted = re.sub(r"([{,]\s*)([A-Za-z_]\w*)\s*:", r'\1"\2":', written)
    if "'" not in written and "\\" not in written:
        for text in (written, quoted):
            try:
                json.loads(text)
            except ValueError:
                continue
            return text
    return None


def _assigned(match: Found) -> str | None:
    return kept(match[2], match[1])


def _made_before(name: str) -> Callable[[Found], str | None]:
    def rewrite(match: Found) -> str | None:
        data = json_text(match[2])
        return data and f"PARSE JSON '{data}' SET ?{name} AFTER {match[1]}?{name}"

    return rewrite


_ASSIGN = r"\s*(?::=|=|\bTO\b|\bAS\b|\bto\b|\bas\b)\s*([^\n]+?)[ \t]*(?=\n|\Z|\s+(?:AFTER|AND|OR)\s+[A-Z]{2})"
_MODIFIER = r"(?:WITH|AS|INTO|FROM|TO|AT|ON|USING|FORMAT|ATTACH|FOR|LIMIT|SORT\s+BY|WHERE)"
_STEP = r"(?:(?<=^)|(?<=\n)|(?<=AFTER )|(?<=AND )|(?<=OR )|(?<=NEST ))"

TABLE = (
    at(rf"([A-Z]{{2,}}(?:[ \t]+[A-Z]{{2,}})?)[ \t]+{_MODIFIER}[ \t]+(?=<VALUE>)", r"\1 ", "its value follows at once"),
    at(rf"(?i)(?:let|var|const|set|assign|my|local)\s+[?$@]?(?-i:([A-Za-z_]\w*)){_ASSIGN}", _assigned, _SET),
    at(r"(?i)(?:let|var|const|set|assign)\s+[?$@]?(\w+)\s+([A-Z]{2,}\b[^\n]*)", _assigned, _SET),
    at(r"(?i)(?:assign|store|put)\s+(<VALUE>)\s+(?:to|in|into)\s+[?$]?(\w+)", lambda m: kept(m[1], m[2]), _SET),
    at(r"\?([A-Za-z_]\w*)\s*=\s*([^\n=][^\n]*?)[ \t]*;?(?=\n|\Z)", _assigned, _SET),
    at(r"([a-z_]\w*)\s*=\s*([^\n=][^\n]*?)[ \t]*(?=\n|\Z)", _assigned, _SET),
    at(r"(\?[A-Za-z_]\w*)\s*\+\+", r'CALCULATE "\1 + 1" SET \1', "CALCULATE counts"),
    at(r"(\?[A-Za-z_]\w*)\s*--", r'CALCULATE "\1 - 1" SET \1', "CALCULATE counts"),
    at(r"(?i)increment\s+(\?\w+)", r'CALCULATE "\1 + 1" SET \1', "CALCULATE counts"),
    at(r"(?i)decrement\s+(\?\w+)", r'CALCULATE "\1 - 1" SET \1', "CALCULATE counts"),
    at(r"(\?[A-Za-z_]\w*)\s*([-+*/])=\s*(<VAR>|<NUMBER>)", r'CALCULATE "\1 \2 \3" SET \1', "CALCULATE counts"),
    at(r"(\?[A-Za-z_]\w*)\s*\+=\s*(<TEXT>)", r"STRING \1 & \2 SET \1", "texts are joined by &"),
    at(r"(?i)add\s+(<VAR>|<NUMBER>)\s+(?:and|to|,)\s*(<VAR>|<NUMBER>)", r'CALCULATE "\1 + \2"', "CALCULATE computes"),
    at(r"(?i)concat(?:enate)?\s*\(?\s*(<VALUE>)\s*(?:\bAND\b|\bWITH\b|,)\s*(<VALUE>)(?:\s*\))?", r"STRING \1 & \2",
       "texts are joined by &"),
    at(r"(REPLACE\s+<VALUE>\s+WHERE\s+<VALUE>\s+)TO\b", r"\1WITH", "the new text follows WITH"),
    at(r"(QUERY|COUNT|PURGE)\s+\"(\w+)\.(\w+)\"(?!\s+FROM)", r'\1 "\3" FROM "\2"', "write {new}"),
    at(r"(?i)await\s+", "", "leave it out: every step waits for its value"),
    at(r"(<VAR>)\.(?i:(?:to_?)?(upper|lower)(?:case)?)\(\)", lambda m: f"{m[2].upper()} {m[1]}", "verbs come first"),
    at(r"(<VAR>)\.(?i:(length|trim|reverse|sort|keys|values))(?:\(\))?", lambda m: f"{m[2].upper()} {m[1]}",
       "verbs come first"),
    at(r"(<VAR>)\.(?i:push|append|add)\(\s*(<VALUE>)\s*\)", r"APPEND \2 INTO \1", "verbs come first"),
    at(r"(<VAR>)\.(?i:(split|join))\(\s*(<VALUE>)\s*\)", lambda m: f"{m[2].upper()} {m[1]} WITH {m[3]}",
       "verbs come first"),
    at(r"(?i)math\.(abs|ceil|floor|round|sqrt|min|max|pow)\(([^\"()\n]*)\)", r'CALCULATE "\1(\2)"',
       "CALCULATE computes"),
    at(rf"(?i)([a-z_][\w.]*)\s*\(\s*(?-i:{_VALUES})\s*\)(?:\s*;)?", _called(" & "), "write `{new}`"),
    around(rf"\b((?-i:[A-Za-z][\w.]*))\s*\(\s*{_VALUES}\s*\)(?:\s*;)?", _called(" & "), "write `{new}`"),
    around(r"\b(CALCULATE)\s*\(\s*([^\"()\n]+?)\s*\)", r'\1 "\2"', "write `{new}`"),
    at(r"(?i)new\s+date\s*(?:\(\))?", "TIME", "TIME gives the time"),
    at(r"DEFINE(?=\s+[\"'])", "DEFINE NEW OPERATION AS", "write `{new}`"),
    at(r"DELETE(?=\s+[\"?'])", "REMOVE", "write `{new}`"),
    at(rf"(?i)(?!DELETE\b)(?:{_SYNONYM})(?![\w.])(?:\(\))?", _synonym, "write `{new}`"),
    around(r"\bLIST\s+(TABLE|DATABASE)S\b(?:\s+(?:FROM|IN|OF)\b)?", r"\1 LIST", "write `{new}`"),
    at(r"[A-Z]+(?:_[A-Z]+)+(?=\s|\Z)", lambda m: m[0].replace("_", " "), "write `{new}`"),
    at(r"\(\s*([A-Z][^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)", r"\1", "steps stand without parentheses"),
    at(r"\"([A-Z]{2,}\b[^\"\n]*)\"|'([A-Z]{2,}\b[^'\n]*)'", lambda m: m[1] or m[2], "a step stands without quotes"),
    # what joins steps
    around(r"[ \t]*[;,&|]\s*(?=[A-Z]{2,})(?!(?:AFTER|AND|OR|SET|CLOSE|ELSE)\b)",
           lambda m: "\nAFTER " if "\n" in m[0] else " AFTER ", _JOINED),
    at(r"&(?=\s*[A-Z]{2,})", "AFTER", _JOINED),
    at(r"(?:=>|->|→|>>)\s*(?=[A-Z]{2,})", "AFTER ", _JOINED),
    around(r"[ \t]*[;,](?=\s*(?:\Z|AFTER\b|AND\b|OR\b|CLOSE\b|ELSE\b|\}))", "", "there are no semicolons"),
    around(r"[ \t]*[;,][ \t]*(?=\n)", "", "there are no semicolons"),
    around(r"\bAND\s+THEN\b", "AFTER", _JOINED),
    at(r"(?i)(?:and\s+)?(?:then|finally|afterwards?|next)\b", "AFTER", _JOINED),
    around(r"\b(AFTER|AND|OR)(?:\s+(?:AFTER|AND|OR))+\b", r"\1", "one word joins two steps"),
    at(r"(?:AFTER|AND|OR)\b\s*", "", "leave it out: no step comes before it"),
    around(r"\s*\b(?:AFTER|AND|OR)\s*\Z", "", "leave it out: no step comes behind it"),
    at(r"PARALLEL\s+", "", "steps that run at once are joined by AND"),
    at(r"(?i)(?:do|begin)\s+(.+?)\s+end\b", r"\1", "steps need no block around them"),
    # SET
    at(r"(?:=>|->|=|→|:=)\s*\??([A-Za-z_]\w*)", r"SET ?\1", _SET),
    around(r"\bSET\s+(?:INTO|TO|AS)\s+(\?\w+)", r"SET \1", "a variable follows SET"),
    around(r"\b(?i:set)\s+(?:INTO|TO|AS|=)?\s*[$@:\"']?([a-z_]\w*)[\"']?(?![\w.\[(])", r"SET ?\1",
           "a variable begins with `?`"),
    around(rf"(\bSET\s+<VAR>)\s+({_MODIFIER}\s+<VALUE>(?:\s+{_MODIFIER}\s+<VALUE>)*)", r"\2 \1",
           "modifiers stand before SET"),
    around(r"\s+AFTER\s+(SET\s+<VAR>)", r" \1", "SET belongs to its step, without AFTER"),
    at(r"(?:INTO|AS|TO)\s+(<VAR>)", r"SET \1", _SET),
    around(r"(\bCLOSE\s+NEST)\s+SET\s+<VAR>", r"\1", "a block gives no value: leave out SET"),
    # modifiers
    at(r"(?i)order\s+by\s+(<VALUE>)\s+(asc|desc)\b", lambda m: f'SORT BY {m[1]} FORMAT "{m[2].lower()}"',
       "write SORT BY"),
    at(r"(?i)order\s+by\s+(?=<VALUE>)", "SORT BY ", "write SORT BY"),
    at(r"(?i)order\s+by\s+(<NAME>)", r'SORT BY "\1"', "write SORT BY"),
    at(r"(?i)(asc|desc)(?:ending)?\b", lambda m: f'FORMAT "{m[1].lower()}"', "the order follows FORMAT"),
    at(r"(?i)offset\b", "AT", "the first row follows AT"),
    at(r"(?i)(?:in|of)\b(?=\s+<TEXT>)", "FROM", "the database follows FROM"),
    at(r"(?i)method\b", "AS", "the method follows AS"),
    at(r"(?i)headers?\b", "ATTACH", "headers follow ATTACH"),
    at(r"(?i)(?:subject|body|by|data)\b", "WITH", "it follows WITH"),
    at(r"(?i)(?:timeout|for)\b", "ON", "the seconds follow ON"),
    at(r"(?i)having\b", "WHERE", "the rows follow WHERE"),
    at(r"(?i)(?:into|named)\b", "AS"),
    at(r"(?i)(with|as|into|from|to|at|on|using|format|attach|for|limit|sort\s+by|where|set|after)\b",
       lambda m: m[1].upper()),
    around(rf"\b([A-Z]{{3,}})\s+({_MODIFIER}\s+<VALUE>)\s+(<VALUE>)", r"\1 \3 \2", "the value comes first"),
    around(r"(<VALUE>)\s+(<TEXT>)\s+WITH\b", r"\1 WHERE \2 WITH", "what is replaced follows WHERE"),
)  # fmt: skip
"""Rewrites of steps."""
