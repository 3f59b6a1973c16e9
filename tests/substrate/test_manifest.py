"""Manifests: both dialects, every rule between the parts, and TOML that reads back as what was written."""

import tomllib

import pytest

from substrate.columns import F64, I64, JSON, NUMBER, STR, UUID
from substrate.errors import Invalid
from substrate.manifest import (
    Check,
    Column,
    Dialect,
    Extraction,
    ForeignKey,
    Index,
    Manifest,
    Relation,
    read,
    write,
)
from substrate.manifest.read import column as read_column
from substrate.names import SchemaId

ORDERS = """
id = "trading.orders"
[primary_key]
columns = ["order_id"]
[[columns]]
name = "order_id"
type = "str"
[[columns]]
name = "symbol"
type = "string"
indexed = true
[[columns]]
name = "qty"
ty = "i64"
required = true
default = 1
"""

PRODUCTS = """
version = 3
namespace = "shop"
table = "products"
primary_key = ["id"]
triggers = []
geo = []

[[columns]]
name = "id"
ty = "str"
required = true

[[columns]]
name = "price"
ty = "f64"

[[columns]]
name = "raw"
type = "json"

[[columns]]
name = "parent"
ty = "str"

[[indexes]]
columns = ["price", "maker"]

[[indexes]]
name = "by_maker"
columns = ["maker"]

[[relations]]
name = "parent_of"
from_col = "parent"
bidirectional = true
[relations.target]
namespace = "shop"
table = "products"
pk = "id"

[[extractions]]
name = "maker"
path = "raw.maker.name"
ty = "str"

[[foreign_keys]]
from_col = "parent"
[foreign_keys.target]
namespace = "shop"
table = "products"
pk = "id"

[[check_constraints]]
name = "positive"
expr = "price > 0"
"""


def test_dialect_s() -> None:
    assert read(ORDERS) == Manifest(
        SchemaId("trading", "orders"),
        (
            Column("order_id", STR, required=True),
            Column("symbol", STR, indexed=True),
            Column("qty", I64, required=True, default=1),
        ),
        ("order_id",),
    )


def test_dialect_e() -> None:
    products = SchemaId("shop", "products")
    assert read(PRODUCTS.encode()) == Manifest(
        products,
        (Column("id", STR), Column("price", F64), Column("raw", JSON), Column("parent", STR)),
        ("id",),
        (Index(("price", "maker")), Index(("maker",), "by_maker")),
        (Relation("parent_of", "parent", products, "id"),),
        (Extraction("maker", "raw.maker.name", STR),),
        (ForeignKey("parent", products, "id"),),
        (Check("positive", "price > 0"),),
        Dialect.E,
        3,
    )


def test_the_version_of_dialect_e_is_1_unless_declared() -> None:
    assert read(PRODUCTS.replace("version = 3", "")).version == 1
    for wrong in ("-1", "4294967296", "1.0", "true", '"1"'):
        with pytest.raises(Invalid, match="version"):
            read(PRODUCTS.replace("version = 3", f"version = {wrong}"))


def test_the_server_counts_the_versions_of_dialect_s() -> None:
    assert read(ORDERS).version is None
    with pytest.raises(Invalid, match="`version` is not a field of the manifest"):
        read("version = 1" + ORDERS)


def test_columns_of_the_key_are_required_in_either_spelling() -> None:
    spelled = ORDERS.replace('name = "order_id"', 'name = "order_id"\nrequired = true')
    assert read(spelled) == read(ORDERS)


def test_columns_and_extractions_come_in_manifest_order() -> None:
    manifest = read(PRODUCTS)
    assert list(manifest.types) == ["id", "price", "raw", "parent", "maker"]
    assert list(manifest.by_name) == ["id", "price", "raw", "parent"]
    assert manifest.key_types == (STR,)


def test_indexes_are_the_declared_ones_and_those_of_indexed_columns() -> None:
    assert list(read(PRODUCTS).all_indexes) == ["idx_price_maker", "by_maker"]
    assert read(ORDERS).all_indexes == {"idx_symbol": Index(("symbol",))}


def test_a_table_is_made_from_python_with_a_generated_key() -> None:
    table = Manifest(SchemaId("db", "t"), (Column("id", UUID, generated=True), Column("n", NUMBER)))
    assert table.primary_key == ("id",)
    assert table.columns[0].required
    assert read(write(table)) == table


# --- TOML that is none


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id = "a.b"\n= 1\n', 2),
        ('id = "a.b"\nx = ', 2),
        ("a = 1\na = 2\n", 2),
        (b'id = "a.b"\n\nx = "\xff"', 3),
        ("\n" + "a." * 70 + "a = 1", 2),
        ('\n["a"' + ". 'b'" * 70 + "]", 2),
    ],
)
def test_bad_toml_is_refused_with_its_line(text: str | bytes, line: int) -> None:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert refused.value.detail["line"] == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = " + "[" * 100_000,
        "x = " + "{a=" * 50_000,
        "x = " + "1" * 5_000,
        "a." * 100_000 + "a = 1",
        "#" * 300_000,
        "x = 2026-13-01",
        "\0",
    ],
)
def test_hostile_toml_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert len(refused.value.message) < 500


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read(b"\xef\xbb\xbf" + ORDERS.encode()) == read(ORDERS)


# --- fields


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[columns]]", "[[colums]]", "`colums` is not a field of the manifest: did you mean `columns`?"),
        ('id = "', 'ids = "', "`ids` is not a field of the manifest: did you mean `id`?"),
        ('id = "trading.orders"', 'id = "orders"', "expected `namespace.table`"),
        ('id = "trading.orders"', 'id = "a.b"\nnamespace = "a"', "has `id` and `namespace`"),
        ('id = "trading.orders"', "", "`id` is missing"),
        ('id = "trading.orders"', "id = 5", "`id`: expected text, found 5"),
        ('columns = ["order_id"]', "columns = []", "no primary key"),
        ('columns = ["order_id"]', "", "`primary_key`: `columns` is missing"),
        ('columns = ["order_id"]', 'columns = "order_id"', "expected an array of texts"),
        ('columns = ["order_id"]', 'columns = ["order"]', "did you mean `order_id`?"),
        ('columns = ["order_id"]', 'columns = ["qty", "qty"]', "twice"),
        ('type = "string"', 'type = "strin"', "did you mean `string`?"),
        ('type = "string"', 'type = "str"\nty = "str"', "mean the same"),
        ('type = "string"', "", "column `symbol`: `type` is missing"),
        ("indexed = true", 'indexed = "yes"', "`indexed`: expected true or false"),
        ("indexed = true", "index = true", "`index` is not a field of column `symbol`: did you mean `indexed`?"),
        ('name = "symbol"', 'name = "Qty"', "differ in case alone: `Qty` and `qty`"),
        ('name = "symbol"', 'name = "qty"', "have the same name"),
        ('name = "symbol"', 'name = "_oc_row_version"', "reserved"),
        ('name = "symbol"', 'name = "a b"', "no name of a column"),
        ('name = "symbol"', "name = 1", "expected a table with the text `name`"),
        ('name = "symbol"', "", "expected a table with the text `name`"),
        ("default = 1", "default = 1.0", "column `qty`: expected an integer of 64 bits, found 1.0"),
        ("default = 1", "default = nan", "column `qty`"),
        ("default = 1", "generated = true", "column `qty`: only a primary key of one `uuid` column"),
        ('type = "string"', 'type = "json"', "column `symbol` of type json is never compared"),
        ('type = "string"', 'type = "encrypted"', "column `symbol` of type encrypted is never compared"),
    ],
)
def test_a_manifest_that_breaks_a_rule_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(changed(ORDERS, old, new))
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ('type = "string"', 'type = "text"', "symbol"),
        ("indexed = true", "indexd = true", "symbol"),
        ('name = "symbol"', 'name = "QTY"', "qty"),
        ("default = 1", 'default = "1"', "qty"),
        ('columns = ["order_id"]', 'columns = ["nope"]', "nope"),
    ],
)
def test_a_refusal_names_the_column(old: str, new: str, column: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(changed(ORDERS, old, new))
    assert refused.value.detail == {"column": column}


@pytest.mark.parametrize(
    "name", ["triggers", "geo", "indexes", "relations", "extractions", "foreign_keys", "check_constraints"]
)
def test_empty_arrays_are_accepted_in_both_dialects(name: str) -> None:
    assert read(f"{name} = []\n{ORDERS}") == read(ORDERS)
    bare = read(PRODUCTS[: PRODUCTS.index("[[indexes]]")])
    assert read(f"{name} = []\n" + write(bare)) == bare


@pytest.mark.parametrize("text", [ORDERS, PRODUCTS.replace("triggers = []\ngeo = []", "")])
@pytest.mark.parametrize("later", ["triggers", "geo"])
def test_what_comes_later_is_unsupported(text: str, later: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(f'{text}\n[[{later}]]\nname = "x"\n')
    assert refused.value.detail == {"code": "unsupported"}


@pytest.mark.parametrize(
    "part",
    [
        '[[extractions]]\nname = "x"\npath = "raw.x"\nty = "str"',
        '[[foreign_keys]]\nfrom_col = "qty"\nto_table = "x"',
        '[[check_constraints]]\nname = "x"\nexpr = "qty > 0"',
    ],
)
def test_extractions_and_rules_need_dialect_e(part: str) -> None:
    with pytest.raises(Invalid, match="`namespace` and `table`"):
        read(f'{ORDERS}\n[[columns]]\nname = "raw"\ntype = "json"\n{part}\n')


# --- defaults


@pytest.mark.parametrize(
    ("type_name", "literal", "kept"),
    [
        ("str", '"x"', "x"),
        ("f64", "5", 5.0),
        ("bool", "false", False),
        ("bytes", '"AP8="', b"\0\xff"),
        ("timestamp", "1970-01-01T01:00:01.5+01:00", 1_500_000),
        ("timestamp", '"1970-01-01T00:00:01Z"', 1_000_000),
        ("date", "2026-01-15", "2026-01-15"),
        ("json", "{ b = 1, a = [true] }", '{"b":1,"a":[true]}'),
    ],
)
def test_a_default_is_of_the_columns_type(type_name: str, literal: str, kept: object) -> None:
    text = f'{ORDERS}\n[[columns]]\nname = "d"\ntype = "{type_name}"\ndefault = {literal}\n'
    assert read(text).by_name["d"].default == kept


@pytest.mark.parametrize(
    ("type_name", "literal"),
    [
        ("timestamp", "1970-01-01T00:00:01"),
        ("timestamp", "1970-01-01"),
        ("date", "1970-01-01T00:00:00Z"),
        ("json", "[1970-01-01]"),
        ("json", "[inf]"),
        ("encrypted", '"secret"'),
        ("str", "1"),
    ],
)
def test_other_defaults_are_refused_naming_the_column(type_name: str, literal: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(f'{ORDERS}\n[[columns]]\nname = "d"\ntype = "{type_name}"\ndefault = {literal}\n')
    assert refused.value.detail == {"column": "d"}
    assert "secret" not in refused.value.message


def test_a_default_that_toml_cannot_say_is_refused() -> None:
    broken = Column("d", JSON, default='{"a":[null]}')
    with pytest.raises(Invalid, match="null inside"):
        Manifest(SchemaId("a", "b"), (Column("id", STR), broken), ("id",))


# --- for whoever edits a manifest, or checks its conditions


def test_a_column_is_read_from_fields_of_any_origin() -> None:
    assert read_column({"name": "venue", "type": "str", "default": "NYSE"}) == Column("venue", STR, default="NYSE")
    with pytest.raises(Invalid, match="expected a table"):
        read_column("venue")


def test_whoever_knows_sql_can_look_at_the_checks() -> None:
    def refuse(check: Check, manifest: Manifest) -> None:
        raise Invalid(f"{check.expression} on {manifest.id}")

    with pytest.raises(Invalid, match="price > 0 on shop"):
        read(PRODUCTS, check=refuse)


# --- writing


def test_dialect_s_is_written_as_it_is_published() -> None:
    more = '[[relations]]\nname = "buyer"\ncolumn = "symbol"\nto_table = "users"\n'
    assert write(read(ORDERS + more)) == (
        'id = "trading.orders"\n\n'
        '[primary_key]\ncolumns = ["order_id"]\n\n'
        '[[columns]]\nname = "order_id"\ntype = "str"\n\n'
        '[[columns]]\nname = "symbol"\ntype = "str"\nindexed = true\n\n'
        '[[columns]]\nname = "qty"\ntype = "i64"\nrequired = true\ndefault = 1\n\n'
        '[[relations]]\nname = "buyer"\ncolumn = "symbol"\nto_table = "trading.users"\n'
    )


def test_dialect_e_is_written_as_it_is_published() -> None:
    written = tomllib.loads(write(read(PRODUCTS)))
    target = {"namespace": "shop", "table": "products", "pk": "id"}
    assert written["version"] == 3
    assert (written["namespace"], written["table"], written["primary_key"]) == ("shop", "products", ["id"])
    assert written["columns"][1] == {"name": "price", "ty": "f64"}
    assert written["relations"] == [{"name": "parent_of", "from_col": "parent", "target": target}]
    assert written["foreign_keys"] == [{"from_col": "parent", "target": target}]
    assert written["check_constraints"] == [{"name": "positive", "expr": "price > 0"}]
