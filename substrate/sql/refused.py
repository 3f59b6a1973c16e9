"""What SQL has and this does not: each feature with its name and what to use instead.

Nothing is allowed because it is absent here. A node without a reader of its own is refused in any case; these are the
ones that people write, and for which there is a better answer than "not supported".
"""

from collections.abc import Mapping

from sqlglot import exp

from substrate.errors import Invalid, nearest, shown
from substrate.sql.openings import SCHEMAS
from substrate.sql.scope import Statement

JOIN_ON = "write JOIN ... ON"

NODES: Mapping[type[exp.Expr], tuple[str, str]] = {
    exp.Lateral: ("LATERAL", JOIN_ON),
    exp.Values: ("VALUES as a table", "write SELECT ... UNION ALL SELECT ..."),
    exp.ILike: ("ILIKE", "write lower(a) LIKE lower(b)"),
    exp.SimilarTo: ("SIMILAR TO", "use LIKE"),
    exp.RegexpLike: ("~", "use LIKE"),
    exp.RegexpILike: ("~*", "use LIKE"),
    exp.Interval: ("INTERVAL", "compute the time in the client, and give it as a parameter"),
    exp.CurrentTimestamp: ("now()", "give the time as a parameter"),
    exp.CurrentDate: ("CURRENT_DATE", "give the date as a parameter"),
    exp.CurrentTime: ("CURRENT_TIME", "give the time as a parameter"),
    exp.Extract: ("EXTRACT", "write substr(CAST(a AS text), 1, 4)"),
    exp.AtTimeZone: ("AT TIME ZONE", "times are in UTC"),
    exp.JSONExtract: ("->", "declare an extraction in the manifest"),
    exp.JSONExtractScalar: ("->>", "declare an extraction in the manifest"),
    exp.Any: ("ANY", "use IN"),
    exp.All: ("ALL", "use NOT IN, or a subquery with max or min"),
    exp.Array: ("ARRAY", "use IN with a list"),
    exp.Tuple: ("a list of values", "compare one value with another"),
    exp.RawString: ("$$", "quote text with '"),
    exp.ByteString: ("E''", "quote text with ', and double each ' inside"),
    exp.UnicodeString: ("U&''", "quote text with '"),
    exp.National: ("N''", "quote text with '"),
    exp.HexString: ("X''", "give it as a parameter"),
    exp.BitString: ("B''", "write a number"),
    exp.Pow: ("^", "multiply"),
    exp.Rollup: ("ROLLUP", "write several queries with UNION ALL"),
    exp.Cube: ("CUBE", "write several queries with UNION ALL"),
    exp.GroupingSets: ("GROUPING SETS", "write several queries with UNION ALL"),
    exp.Filter: ("FILTER", "write sum(CASE WHEN ... THEN ... END)"),
    exp.WithinGroup: ("WITHIN GROUP", "use ORDER BY with LIMIT"),
    exp.IgnoreNulls: ("IGNORE NULLS", "filter the nulls out in a subquery"),
    exp.RespectNulls: ("RESPECT NULLS", "leave it out: it is the default"),
    exp.Placeholder: ("a placeholder without a number", "write $1, $2, ..."),
}


def unsupported(statement: Statement, node: exp.Expr) -> Invalid:
    """The refusal of a node that nothing here reads."""
    feature, alternative = NODES.get(type(node)) or _other(node)
    return refusal(statement, node, feature, alternative)


def refusal(statement: Statement, node: exp.Expr, feature: str, alternative: str = "") -> Invalid:
    """The refusal of a feature, with what to use instead."""
    hint = f": {alternative}" if alternative else ""
    return statement.refused(node, f"{feature} is not supported{hint}", code="unsupported", feature=feature)


def only(statement: Statement, node: exp.Expr, *allowed: str) -> None:
    """Raises Invalid where a node has a part that its reader does not look at."""
    for name, part in node.args.items():
        if part in (None, False, [], "") or name in allowed:
            continue
        inner = part[0] if isinstance(part, list) else part
        place = inner if isinstance(inner, exp.Expr) else node
        feature, alternative = PARTS.get(name) or _other(place)
        raise refusal(statement, place, feature, alternative)


def unknown_function(statement: Statement, node: exp.Expr, name: str, known: list[str]) -> Invalid:
    """The refusal of a function that is not on the list."""
    guess = nearest(name, known)
    hint = f": did you mean `{guess}`?" if guess else f": there are {', '.join(sorted(known))}"
    message = f"the function {shown(name)} is not supported{hint}"
    return statement.refused(node, message, code="unsupported", feature=name[:200])


def unlike(statement: Statement, node: exp.Expr, left: str, right: str) -> Invalid:
    """The refusal of two types side by side."""
    return statement.refused(node, f"{left} and {right} cannot be compared or combined: CAST one of them")


def not_of(statement: Statement, node: exp.Expr, expected: str, found: str) -> Invalid:
    """The refusal of an operand of the wrong type."""
    return statement.refused(node, f"expected {expected}, found {found}")


def _other(node: exp.Expr) -> tuple[str, str]:
    return f"`{node.key.upper()}`", ""


PARTS: Mapping[str, tuple[str, str]] = {
    "locks": ("FOR UPDATE", "statements only read"),
    "into": ("SELECT INTO", SCHEMAS),
    "sample": ("TABLESAMPLE", "use LIMIT"),
    "qualify": ("QUALIFY", "filter a derived table"),
    "returning": ("RETURNING", "/rows and `_batch` say what was written"),
    "conflict": ("ON CONFLICT", "/rows replaces the row with the same key"),
    "using": ("USING", "delete by the whole primary key"),
    "rollup": ("ROLLUP", "write several queries with UNION ALL"),
    "cube": ("CUBE", "write several queries with UNION ALL"),
    "grouping_sets": ("GROUPING SETS", "write several queries with UNION ALL"),
    "recursive": ("WITH RECURSIVE", "use the graph routes, such as /graph/:schema/bfs"),
    "materialized": ("MATERIALIZED", "leave it out"),
    "only": ("ONLY", "leave it out"),
    "hint": ("a hint", "leave it out"),
    "symmetric": ("BETWEEN SYMMETRIC", "put the lower value first"),
    "windows": ("WINDOW", "write the window after OVER"),
    "pivots": ("PIVOT", "use CASE"),
    "with_ordinality": ("WITH ORDINALITY", "use row_number() OVER (...)"),
    "match_condition": ("ASOF JOIN", JOIN_ON),
    "ignore_nulls": ("IGNORE NULLS", "filter the nulls out in a subquery"),
    "exclude": ("EXCLUDE", "leave it out"),
    "with_": ("WITH", "put it before the SELECT"),
    "except_": ("EXCEPT of columns", "name the columns"),
    "replace": ("REPLACE of columns", "name the columns"),
    "rename": ("RENAME of columns", "name the columns with AS"),
}
