"""Check constraints: conditions with their values as literals, on both engines."""

import pytest

from substrate.errors import Invalid
from substrate.manifest import Check, read
from substrate.sql import check_of, condition
from tests.substrate.sql.shop import MANIFESTS, Shop

USERS = read(MANIFESTS[0])
THINGS = read(MANIFESTS[3])


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("age > 30", ["bob"]),
        ("age > 30 OR active", ["ann", "bob"]),
        ("name LIKE '%n' AND age BETWEEN 1 AND 30.5", ["ann"]),
        ("joined < '2024-06-30T12:00:00Z'", ["ann"]),
        ("lower(name) = 'zoë'", ["zoe"]),
        ("name <> 'it''s ?, %s and \\'", ["ann", "bob", "zoe"]),
        ("users.age IS NULL", ["zoe"]),
        ("length(name) + age = -(-44)", ["bob"]),
        ("CASE WHEN active THEN true ELSE age > 100 END", ["ann"]),
        ("CAST('4' || '1' AS int) = age", ["bob"]),
        ("id IN ('ann', '?')", ["ann"]),
    ],
)
def test_a_condition_holds_for_rows(expression: str, names: list[str], shop: Shop) -> None:
    check_of(Check("c", expression), USERS)
    written = condition(expression, USERS, shop.dialect)
    assert "?" not in written
    assert "%" not in written
    found = shop.connection.execute(f'SELECT "id" FROM t1 WHERE {written} ORDER BY "id"')
    assert [name for (name,) in found] == names


def test_literals_of_each_type(shop: Shop) -> None:
    expression = (
        "i = -7 AND f = 2.5 AND b = true AND day = '2024-02-29' AND s = 'é'"
        " AND uid = '00000000-0000-4000-8000-000000000001' AND at >= '2024-02-29' AND i > -9223372036854775808"
    )
    written = condition(expression, THINGS, shop.dialect)
    assert shop.connection.execute(f'SELECT "k" FROM t4 WHERE {written}') == [(1,)]


@pytest.mark.parametrize(
    ("expression", "message", "position"),
    [
        ("age", "expected a condition, found a value of type i64", 0),
        ("agee > 1", "there is no column `agee`: did you mean `age`?", 0),
        ("age > 1 AND\nlower(age) = 'x'", "line 2, column 7: expected text", 18),
        ("age = 'x'", "cannot be compared", 0),
        ("count(*) > 1", "an aggregate cannot stand in a check", 0),
        ("row_number() OVER () > 1", "a window cannot stand in a check", 0),
        ("age IN (SELECT 1)", "a check sees the columns of its own row, and no table", 15),
        ("EXISTS (SELECT 1 FROM shop.users)", "a check sees the columns of its own row", 15),
        ("age = $1", "`$1` has no value", 6),
        ("age > 1, age > 2", "expected one condition", 0),
        ("age > 1 FROM shop.users", "is not supported", 13),
        ("age > 1 UNION SELECT true", "expected one condition", 0),
        ("age > 1; DROP TABLE t1", "several statements are not supported", 7),
        ("age > 1) OR (true", "it closes nothing", 7),
        ("age > 1 AS x", "expected one condition", 0),
        ("", "", 0),
        ("age >", "something is missing", 4),
        ("random() > 0", "the function `random` is not supported", 0),
    ],
)
def test_a_bad_condition_is_refused(expression: str, message: str, position: int) -> None:
    with pytest.raises(Invalid) as refused:
        check_of(Check("adult", expression), USERS)
    assert refused.value.message.startswith("check `adult`: ")
    assert message in refused.value.message
    assert refused.value.detail["position"] == position


def test_a_manifest_with_a_bad_check_is_not_read() -> None:
    text = """
        namespace = "shop"
        table = "users"
        primary_key = ["id"]
        columns = [{ name = "id", ty = "str" }, { name = "age", ty = "i64" }]
        check_constraints = [{ name = "adult", expr = "agee > 17" }]
    """
    assert read(text).checks == (Check("adult", "agee > 17"),)
    with pytest.raises(Invalid, match="check `adult`: line 1, column 1: there is no column `agee`"):
        read(text, check_of)
