"""Statements: what goes in, what comes out, and what is refused."""

import pytest

from substrate.cipher import Cipher
from substrate.columns import BY_NAME
from substrate.engine import Engine, Violation, storage, to_engine, to_json
from substrate.errors import Invalid, StoreError
from tests.substrate.engine.places import insert

VALUES = [
    ("str", ""), ("str", "ÄÖ 'quoted' \"twice\" %s ? \\ 😀"), ("i64", -(2**63)), ("i64", 2**63 - 1), ("i64", 7),
    ("u64", 2**63 - 1), ("f64", 0.1), ("f64", -1e308), ("number", 3), ("number", 2.5), ("bool", True), ("bool", False),
    ("bytes", "AAH/"), ("bytes", ""), ("timestamp", "2024-02-29T23:59:59.000001Z"),
    ("timestamp", "0001-01-01T00:00:00Z"), ("timestamp", "9999-12-31T23:59:59.999999Z"), ("date", "0001-01-01"),
    ("date", "9999-12-31"), ("uuid", "00000000-0000-4000-8000-0000000000ff"), ("json", {"a": [1, None, "ö"]}),
    ("encrypted", "geheim"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_a_value_of_each_type_comes_back(engine: Engine, name: str, value: object) -> None:
    column_type, cipher = BY_NAME[name], Cipher(bytes(32))
    written = to_engine(column_type, engine.dialect, cipher)(column_type.check(value, "v"))
    with engine.writing() as connection:
        connection.execute(f"CREATE TABLE one (v {storage(column_type, engine.dialect).declared})")
        connection.execute("INSERT INTO one VALUES (?), (?)", (written, None))
        found = connection.execute("SELECT v FROM one WHERE v IS NOT NULL")
        streamed = list(connection.stream("SELECT v FROM one WHERE v IS NULL"))
    assert to_json(column_type, engine.dialect, cipher)(found[0][0]) == value  # type: ignore[arg-type] # it is not null
    assert streamed == [(None,)]


def test_a_percent_sign_is_nothing_but_that(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, 1, 2, 3)
        assert connection.execute("SELECT a FROM t WHERE a % 2 = 0") == [(2,)]
        assert connection.execute("SELECT a FROM t WHERE a % ? = ? AND b LIKE ?", (2, 1, "%3")) == [(3,)]


def test_a_statement_without_rows_gives_none(engine: Engine) -> None:
    with engine.writing() as connection:
        assert connection.execute("DELETE FROM t") == []
        assert connection.execute("SELECT a FROM t") == []
        assert list(connection.stream("SELECT a FROM t")) == []
        assert connection.many("DELETE FROM t WHERE a = ? RETURNING a", []) == []


def test_many_gives_the_rows_of_all_in_order(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, *range(0, 1000, 2))
        rows = [(number, f"new {number}") for number in range(999, -1, -1)]
        found = connection.many(
            "INSERT INTO t VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING a, b", rows
        )
        assert found == rows
        deleted = connection.many("DELETE FROM t WHERE a = ? RETURNING a", [(5,), (5,), (4_000,), (6,)])
        assert deleted == [(5,), (6,)]


def test_a_stream_gives_all_rows(engine: Engine) -> None:
    for count in (1, 499, 500, 501, 1000, 2501):
        with engine.writing() as connection:
            connection.execute("DELETE FROM t")
            insert(connection, *range(count))
            assert list(connection.stream("SELECT a FROM t WHERE a >= ? ORDER BY a", (0,))) == [
                (number,) for number in range(count)
            ]
        with engine.reading() as connection:
            assert sum(1 for _ in connection.stream("SELECT a, b FROM t")) == count


def test_a_stream_that_is_left_early_holds_up_nothing(engine: Engine) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    with engine.reading() as connection:
        for _ in range(3):
            assert next(connection.stream(endless)) == (1,)
            assert connection.execute("SELECT count(*) FROM t") == [(0,)]
    with engine.writing() as connection:
        insert(connection, 1)
        for row in connection.stream(endless):
            if row == (1_500,):
                break
        insert(connection, 2)
    with engine.writing() as connection:
        left_open = connection.stream(endless)
        assert next(left_open) == (1,)
    with engine.reading() as connection:
        assert connection.execute("SELECT a FROM t ORDER BY a") == [(1,), (2,)]


def test_a_stream_can_fail_in_the_middle(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, *range(2_000))
        # PostgreSQL refuses the sum, SQLite the absolute value.
        failing = "SELECT CASE WHEN a < 1800 THEN a ELSE abs(CAST(? AS BIGINT) - 1 + (a - a)) END FROM t ORDER BY a"
        with pytest.raises(Invalid):
            list(connection.stream(failing, (-(2**63) + 1,)))
        assert connection.execute("SELECT count(*) FROM t") == [(2_000,)]


def test_a_sum_that_is_too_large_is_invalid(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, 2**63 - 1, 1)
    with engine.reading() as connection, pytest.raises(Invalid):
        connection.execute("SELECT CAST(sum(a) AS BIGINT) FROM t")


@pytest.mark.parametrize(
    ("declared", "columns"),
    [
        ('CREATE UNIQUE INDEX one ON u ("Name")', ("Name",)),
        ('CREATE UNIQUE INDEX one ON u (a, "Name", "order")', ("a", "Name", "order")),
        ('CREATE UNIQUE INDEX one ON u ("order")', ("order",)),
    ],
)
def test_a_violation_names_the_columns(engine: Engine, declared: str, columns: tuple[str, ...]) -> None:
    with engine.writing() as connection:
        connection.execute('CREATE TABLE u (id BIGINT PRIMARY KEY, a TEXT, "Name" TEXT, "order" TEXT)')
        connection.execute(declared)
        connection.execute("INSERT INTO u VALUES (1, ?, ?, ?)", ("x, (y)=(z)", "n", "o"))
        with pytest.raises(Violation) as refused, connection.savepoint():
            connection.execute("INSERT INTO u VALUES (2, ?, ?, ?)", ("x, (y)=(z)", "n", "o"))
        assert refused.value.columns == columns
        with pytest.raises(Violation) as refused, connection.savepoint():
            connection.many("INSERT INTO u (id) VALUES (?) RETURNING id", [(3,), (1,)])
        assert refused.value.columns == ("id",)
        assert connection.execute("SELECT id FROM u") == [(1,)]


@pytest.mark.parametrize("statement", ["SELECT a FROM nowhere", "SELECT nothing FROM t", "SELECT a FROM t WHERE"])
def test_what_the_engine_does_not_understand_is_invalid(engine: Engine, statement: str) -> None:
    with pytest.raises(Invalid), engine.reading() as connection:
        connection.execute(statement)


def test_a_condition_that_does_not_hold_is_invalid(engine: Engine) -> None:
    with engine.writing() as connection:
        connection.execute("CREATE TABLE c (a BIGINT NOT NULL CHECK (a > 0))")
        for value in (0, None):
            with pytest.raises(Invalid), connection.savepoint():
                connection.execute("INSERT INTO c VALUES (?)", (value,))
        assert connection.execute("SELECT a FROM c") == []


@pytest.mark.parametrize("snapshot", [True, False])
def test_who_reads_cannot_write(engine: Engine, snapshot: bool) -> None:
    with engine.reading(snapshot=snapshot) as connection:
        with pytest.raises(StoreError):
            connection.execute("INSERT INTO t VALUES (1, ?)", ("x",))
        assert connection.execute("SELECT a FROM t") == []


def test_who_reads_goes_on_after_a_refusal(engine: Engine) -> None:
    with engine.reading() as connection:
        before = connection.execute("SELECT count(*) FROM t")
        for _ in range(2):
            with pytest.raises(Invalid):
                connection.execute("SELECT nothing FROM t")
        with engine.writing() as writer:
            insert(writer, 1)
        assert connection.execute("SELECT count(*) FROM t") == before == [(0,)]
