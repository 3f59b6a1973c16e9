"""What people bring along from other languages, and how it is written here: hints for syntax errors."""

SIGNS = {
    ";": "steps are joined by AFTER; there are no semicolons",
    "{": "blocks are written OPEN NEST ... CLOSE NEST; an object is made by NEW JSON OBJECT or PARSE JSON",
    "}": "blocks are written OPEN NEST ... CLOSE NEST",
    "[": "write NEW ARRAY OPEN NEST 1 AND 2 CLOSE NEST, and ?a(0) for an element",
    "=": "write IS EQUAL TO to compare, and SET ?name behind a step to keep its value",
    ">": "write IS GREATER THAN",
    "<": "write IS LESS THAN",
    ",": "values of a list are joined by AND",
    ".": "a part of a value is written ?user(name)",
    "(": "a selector stands directly behind its variable, and ends with `)`: ?list(0)",
    "+": 'arithmetic is written CALCULATE "?a + 1"; texts are joined by &',
    "*": 'arithmetic is written CALCULATE "?a * 2"',
    "/": 'comments are written (* like this *); arithmetic is written CALCULATE "?a / 2"',
    "#": "comments are written (* like this *)",
    "$": "variables are written ?name",
    "|": "OR is written as a word",
    "?": 'a step begins with a verb, and keeps its value with SET: STRING "x" SET ?name',
    '"': "texts are joined by &, steps by AFTER",
    "'": "texts are joined by &, steps by AFTER",
    "`": "texts are joined by &, steps by AFTER",
    "\u201c": 'texts stand in straight quotes: "..."',
    "\u201d": 'texts stand in straight quotes: "..."',
    "\u2018": "texts stand in straight quotes: '...'",
    "\u2019": "texts stand in straight quotes: '...'",
}
"""The hint for a character that stands where it cannot."""

_KEEP = 'a step keeps its value with SET behind it: STRING "x" SET ?name'
_EACH = "write FOREACH ?list AS ?item OPEN NEST ... CLOSE NEST"
_LEAVE = "CLOSE ALL NESTS leaves every open block, EXIT ALL the program"

WORDS = {
    "THEN": "write AFTER between steps, and OPEN NEST ... CLOSE NEST around those of an IF",
    "DO": "the steps of a block stand in OPEN NEST ... CLOSE NEST",
    "BEGIN": "a block begins with OPEN NEST",
    "END": "a block ends with CLOSE NEST",
    "ELSEIF": "write ELSE IF",
    "ELIF": "write ELSE IF",
    "ELSE": "ELSE follows the block of an IF; what is tried when a step fails is joined by OR",
    "IS": "compare with IS EQUAL TO, IS GREATER THAN, IS NULL and the like",
    "EQUALS": "write IS EQUAL TO",
    "IN": _EACH,
    "FOR": _EACH,
    "EACH": _EACH,
    "BY": "SORT takes SORT BY; SPLIT and JOIN take WITH",
    "ORDER": "write SORT BY",
    "SELECT": 'write QUERY "table" FROM "database" WHERE ...',
    "DROP": "write DELETE TABLE or DELETE DATABASE",
    "DELETE": "write REMOVE for a file, PURGE for rows of a table, DELETE TABLE for a table",
    "LET": _KEEP,
    "VAR": _KEEP,
    "CONST": _KEEP,
    "SET": _KEEP,
    "FUNCTION": "write DEFINE NEW OPERATION",
    "BREAK": _LEAVE,
    "CONTINUE": _LEAVE,
    "EXIT": _LEAVE,
    "CONCAT": "texts are joined by &",
    "PARALLEL": "steps that run at once are joined by AND",
    "NULL": "write null",
    "NIL": "write null",
    "NONE": "write null",
    "UNDEFINED": "write null",
    "TRUE": "write true",
    "FALSE": "write false",
}
"""The hint for a word, in capitals, that stands where it cannot."""

SYNONYMS = {
    "PRINT": "EMIT", "PRINTF": "EMIT", "PRINTLN": "EMIT", "ECHO": "EMIT", "OUTPUT": "EMIT", "LOG": "EMIT",
    "DISPLAY": "EMIT", "SHOW": "EMIT", "SAY": "EMIT", "PUTS": "EMIT", "CONSOLE.LOG": "EMIT",
    "CALL": "EXECUTE OPERATION", "RUN": "EXECUTE OPERATION", "EXECUTE": "EXECUTE OPERATION",
    "INVOKE": "EXECUTE OPERATION", "OPERATION EXECUTE": "EXECUTE OPERATION",
    "GET": "FETCH", "HTTP": "FETCH", "CURL": "FETCH", "REQUEST": "FETCH", "WGET": "FETCH", "DOWNLOAD": "FETCH",
    "HTTP GET": "FETCH", "HTTP POST": "POST",
    "LEN": "LENGTH", "SIZE": "LENGTH", "STRLEN": "LENGTH",
    "MATH": "CALCULATE", "CALC": "CALCULATE", "COMPUTE": "CALCULATE", "EVAL": "CALCULATE",
    "LOAD": "READ", "CAT": "READ", "OPEN FILE": "READ", "READ FILE": "READ", "SAVE": "WRITE", "PUT": "WRITE",
    "WRITE FILE": "WRITE", "RM": "REMOVE", "DELETE": "REMOVE", "DEL": "REMOVE", "UNLINK": "REMOVE", "CP": "COPY",
    "MV": "MOVE", "RENAME": "MOVE", "LS": "LIST", "DIR": "LIST", "TOUCH": "WRITE",
    "WAIT": "SLEEP", "PAUSE": "SLEEP", "DELAY": "SLEEP", "NOW": "TIME", "DATE": "TIME NOW AS \"date\"",
    "LOWERCASE": "LOWER", "TOLOWER": "LOWER", "TOLOWERCASE": "LOWER", "UPPERCASE": "UPPER", "TOUPPER": "UPPER",
    "TOUPPERCASE": "UPPER", "CAPITALIZE": "UCWORDS", "STRIP": "TRIM", "STR": "STRING", "STRINGIFY": "STRING",
    "TO JSON": "STRING", "JSON.STRINGIFY": "STRING", "JSON": "PARSE JSON", "JSON.PARSE": "PARSE JSON",
    "FROM JSON": "PARSE JSON", "SUBSTRING": "SLICE", "SUBSTR": "SLICE", "INDEXOF": "INDEX", "FIND": "INDEX",
    "PUSH": "APPEND", "LIST": "ENLIST", "ARRAY": "ENLIST", "NEW OBJECT": "NEW JSON OBJECT", "NEW LIST": "NEW ARRAY",
    "CREATE ARRAY": "NEW ARRAY", "CREATE OBJECT": "NEW JSON OBJECT", "OBJECT": "NEW JSON OBJECT",
    "DEFINE OPERATION": "DEFINE NEW OPERATION AS",
    "DEFINE FUNCTION": "DEFINE NEW OPERATION AS", "CRON": "DEFINE CRON", "SEND": "EMAIL", "MAIL": "EMAIL",
    "NEW DATE": "TIME", "SHOW TABLES": "TABLE LIST", "SHOW DATABASES": "DATABASE LIST",
    "DROP TABLE": "DELETE TABLE", "DROP DATABASE": "DELETE DATABASE", "TRUNCATE TABLE": "FLUSH TABLE",
    "TRUNCATE": "FLUSH TABLE", "BEGIN TRANSACTION": "TRANSACTION", "MIN": "MINIMUM", "MAX": "MAXIMUM", "AVG": "AVERAGE",
    "MEAN": "AVERAGE", "TOTAL": "SUM", "DISTINCT": "UNIQUE", "DEDUPE": "UNIQUE", "CONVERT TO": "CAST",
    "INT": 'CAST', "MAKE DIRECTORY": "MKDIR", "RANDOMIZE": "RANDOM", "GUID": "UUID",
}  # fmt: skip
"""Words that other languages have for our verbs, in capitals -> what is written here."""

FIELDS = {
    "STRING": "TEXT", "STR": "TEXT", "VARCHAR": "TEXT", "INTEGER": "NUMBER", "INT": "NUMBER", "FLOAT": "NUMBER",
    "NUM": "NUMBER", "BOOL": "BOOLEAN", "CHECKBOX": "BOOLEAN", "MAIL": "EMAIL", "DAY": "DATE", "DATETIME": "DATE",
    "SELECT": "CHOICE", "OPTION": "CHOICE", "ENUM": "CHOICE",
}  # fmt: skip
"""Words that other tools have for the kinds of fields -> our word."""


def synonym(words: str) -> str | None:
    """What is written here for a verb of another language, in capitals; None for any other word."""
    return SYNONYMS.get(words)


def is_habit(word: str) -> bool:
    """Whether a word in capitals is one that other languages have: then it is no misspelt word of ours."""
    return word in WORDS or word in SYNONYMS


_CONVERSIONS = {
    ("array", "text"): "SPLIT makes an array of a text, and PARSE JSON of JSON",
    ("array", "object"): "VALUES and KEYS make an array of an object",
    ("array", "number"): "ENLIST makes an array of values",
    ("object", "text"): "PARSE JSON makes an object of JSON text",
    ("object", "array"): "an element of an array is written ?list(0)",
    ("text", "number"): "STRING makes a text of any value",
    ("text", "boolean"): "STRING makes a text of any value",
    ("text", "array"): "JOIN makes a text of an array, STRING of any value",
    ("text", "object"): "a part of an object is written ?object(key); STRING makes a text of any value",
    ("text", "binary"): 'CAST AS "text" reads it as UTF-8',
    ("number", "text"): 'CAST AS "number" makes a number of a text',
}


def conversion(wanted: str, found: str) -> str | None:
    """How a value of one kind is made of another, where people often forget it."""
    if found == "null":
        return "a variable that was never set is null, and so is a key that is missing"
    return _CONVERSIONS.get((wanted, found))
