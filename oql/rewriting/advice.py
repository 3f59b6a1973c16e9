"""What to say where a mistake has no single cure: nothing is tried then, and the hint is the one of this table."""

import re

from oql.rewrites import VALUE

_WORD = r"(?<![\w.?!])"
_TABLE: tuple[tuple[str, str], ...] = (
    (r"(?i:select\s+count\s*\()", 'write COUNT "table" FROM "database" WHERE ..., or SQL "SELECT ..." FROM "database"'),
    (r"(?i:select\b)", 'write QUERY "table" FROM "database" WHERE ..., or SQL "SELECT ..." FROM "database"'),
    (r"(?i:insert\s+into\b)", 'write INSERT ?row INTO "table" FROM "database": the row is an object'),
    (r"(?i:update\s+[\"\w.]+\s+set\b[^\n]*)", 'write UPDATE ?values INTO "table" FROM "database" WHERE ...: an object'),
    (r"(?i:delete\s+from\b)", 'write PURGE "table" FROM "database" WHERE ...'),
    (r"(?i:drop\s+table\b)", 'write DELETE TABLE "name" FROM "database"'),
    (r"(?i:(?:upsert|replace\s+into)\b)", "try INSERT, and join UPDATE to it by OR"),
    (r"(?i:group\s+by\b)", "QUERY the rows SET ?rows, then GROUP ?rows WITH the column"),
    (r"(?i:distinct\b)", "QUERY the rows SET ?rows, PLUCK the column, then UNIQUE"),
    (r"(?i:(?:inner\s+|left\s+|outer\s+)*join\s+[\"\w]+(?!\s+WITH))",
     'tables are joined by SQL "SELECT ..." FROM "database"'),
    (r"(?i:(?:commit|rollback)\b)",
     "TRANSACTION OPEN NEST ... CLOSE NEST commits all its steps, or none when one fails"),
    (r"(?i:begin\s+transaction\b)", "write TRANSACTION OPEN NEST ... CLOSE NEST around the steps"),
    (r"(?i:use\s+[\"\w]+)", "each step names its database with FROM"),
    (r"(?i:create\s+table\s+[\"\w]+\s*\()",
     'write CREATE TABLE "name" FROM "database" WITH "id UUID PRIMARY, name TEXT"'),
    (r"(?:function|def|fn|func|lambda)\b", 'write DEFINE NEW OPERATION AS "name" OPEN NEST ... CLOSE NEST'),
    (r"(?:const|let|var)\s+\w+\s*=\s*\([^()\n]*\)\s*=>",
     'write DEFINE NEW OPERATION AS "name" OPEN NEST ... CLOSE NEST'),
    (r"\?\w+\.(?:forEach|map|filter)\s*\(", "write FOREACH ?list AS ?item OPEN NEST ... CLOSE NEST"),
    (r"(?:MAP|FILTER)\s+\?\w+", "write FOREACH ?list AS ?item OPEN NEST ... CLOSE NEST, and APPEND what is kept"),
    (r"(?i:(?:throw|raise|error|assert|panic|fail)\b(?!\s+WHERE))",
     "EXIT ALL ends a program, RETURN an operation; no step "
     "makes an error of its own"),
    (r"(?i:(?:break|continue)\b)",
     "CLOSE ALL NESTS leaves every open block, and EXIT ALL the program; a pass is passed over by "
     "IF around its steps"),
    (r"(?i:pass\b)", "leave it out: a block may be empty"),
    (r"(?:import|require|using)\s+[\w\"{]", 'all verbs are there; INCLUDE "/root/other.oql" runs another program'),
    (r"(?i:(?:input|prompt|readline)\b)", "write GATHER OPEN NEST ?name FORMAT TEXT AS \"Name\" CLOSE NEST"),
    (r"\s\?\s+(?:%(V)s)\s*:", "write IF ... OPEN NEST ... CLOSE NEST ELSE OPEN NEST ... CLOSE NEST"),
    (r"\s\?\?", "write IF ?a IS NULL OPEN NEST ... CLOSE NEST ELSE OPEN NEST ... CLOSE NEST"),
    (r"%(V)s[ \t]+if[ \t]+%(V)s", "write IF ... OPEN NEST ... CLOSE NEST ELSE OPEN NEST ... CLOSE NEST"),
    (r"typeof\s+%(V)s", "no step tells the kind of a value; CAST it, and OR takes over where it does not fit"),
    (r"\?\w+\[[^\]\n]*:[^\]\n]*\]", "write SLICE ?list FROM 0 TO 2"),
    (r"%(V)s\s*//\s*[\d?]", 'write CALCULATE "floor(?a / 2)"'),
    (r"with\s+open\s*\(", 'write READ "/root/a.txt" SET ?text'),
    (r"(?i:switch\s*\([^()\n]*(?:\([^()\n]*\))?[^()\n]*\)\s*\{)",
     "write SWITCH ?x OPEN NEST CASE 1 OPEN NEST ... CLOSE NEST "
     "DEFAULT OPEN NEST ... CLOSE NEST CLOSE NEST"),
    (r"(?:class|interface|struct)\s+\w+",
     "values are texts, numbers, arrays and objects; NEW JSON OBJECT makes an object"),
    (r"BEFORE\b", "steps stand in the order in which they run, joined by AFTER"),
    (r"FOREACH\s+OPEN\b", "write FOREACH ?list AS ?item OPEN NEST ... CLOSE NEST"),
    (r"(?:IF|WHILE)\s+OPEN\b", "a condition stands before the block: IF ?a IS EQUAL TO 1 OPEN NEST"),
    (r"(?:TO|THAN|CONTAINS|MATCHES|IN|WITH)\s+OPEN\s+NEST\b", "a comparison needs a value on both sides"),
    (r"(?:IF|WHILE)\s+(?:IS|CONTAINS|MATCHES|STARTS|ENDS)\b", "a comparison needs a value on both sides"),
    (r"(?:WITH|AS|INTO|FROM|TO|AT|ON|USING|ATTACH|FOR|LIMIT|WHERE)\s+(?:SET|AFTER)\b", "a modifier needs its value"),
    (r"SET\s+(?:\?\w+)\s*(?:,|AND|SET)\s*\?\w+", "a step keeps its value under one name"),
    (r"SET\s+(?=AFTER\b|AND\b|OR\b|\Z)", "a variable follows SET, such as ?name"),
    (r"SET\s+![A-Z]+", "system variables cannot be set; choose a name such as ?now"),
    (r"NEW\s+ARRAY\s+OPEN\s+NEST\s+[A-Z]{2,}", "an array holds values: SET what a step gives, and name the variable"),
    (r"SWITCH\s+%(V)s\s+OPEN\s+NEST\s+(?!CASE|DEFAULT|WHEN)[A-Z]+", "write CASE value OPEN NEST ... CLOSE NEST"),
    (r"EMIT\s+%(V)s\s+OPEN\s+NEST", "EMIT takes no block; steps are joined by AFTER"),
    (r"%(T)s\([\w-]+\)", "only variables have selectors: SET the text first"),
)  # fmt: skip

_MACROS = {"%(V)s": VALUE, "%(T)s": r"(?:\"[^\"\n]*\"|'[^'\n]*')"}


def _compiled(pattern: str) -> re.Pattern[str]:
    for name, macro in _MACROS.items():
        pattern = pattern.replace(name, macro)
    return re.compile(_WORD + pattern if pattern[:2] not in ("\\s", "\\?") else pattern)


TABLE = tuple((_compiled(pattern), hint) for pattern, hint in _TABLE)
"""Patterns that hold the place of an error, and the hint for it."""
