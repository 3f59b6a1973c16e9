"""Tables declared anew while they have rows: what applies at once, what is refused, and what followers make of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from substrate.errors import Conflict, Invalid
from substrate.interface import Frame, Lsn, Namespace, Registered, Store
from substrate.interface.graph import Bfs, Neighbors, Path as Way, Reverse, Walk
from substrate.opening import open_store
from tests.substrate.contract.people import fill

USERS = 'namespace = "d"\ntable = "users"\nprimary_key = ["id"]\ncolumns = [{ name = "id", ty = "str" }]\n'
HEAD = 'namespace = "d"\ntable = "orders"\nprimary_key = ["id"]\nversion = {}\n'
PLAIN = """
columns = [
  { name = "id", ty = "i64" }, { name = "who", ty = "str" }, { name = "mail", ty = "str" },
  { name = "qty", ty = "i64", default = 1 }
]
"""
UNIQUE = PLAIN.replace('name = "mail", ty = "str"', 'name = "mail", ty = "str", unique = true')
CHECK = '[[check_constraints]]\nname = "some"\nexpr = "qty > 0"\n'
KEY = '[[foreign_keys]]\nfrom_col = "who"\ntarget = "d.users"\n'
STRICT = UNIQUE + CHECK + KEY


def register(namespace: Namespace, version: int, rest: str) -> Registered:
    return namespace.write(lambda frame: frame.register(HEAD.format(version) + rest))


def put(namespace: Namespace, number: int, **more: Any) -> None:
    row = {"id": number, "who": "ann", "mail": f"m{number}", **more}
    namespace.write(lambda frame: frame.put("d.orders", row))


@pytest.fixture
def strict(store: Store) -> Namespace:
    """A namespace with orders under all rules, and a row."""
    namespace = store.namespace("ada")
    namespace.write(lambda frame: frame.register(USERS))
    namespace.write(lambda frame: frame.put("d.users", {"id": "ann"}))
    register(namespace, 1, STRICT)
    put(namespace, 1)
    return namespace


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Namespace]:
    """A namespace that follows."""
    opened = open_store("", tmp_path / "copy")
    yield opened.namespace("ada")
    opened.close()


def followed(namespace: Namespace, copy: Namespace) -> None:
    """The copy does all that the namespace did, and has the same tables then."""
    copy.apply([frame for _, frame in namespace.frames_between(Lsn(0, 0), Lsn(9, 9), 10_000)], 0)
    assert copy.lsn() == namespace.lsn()
    assert copy.table_ids() == namespace.table_ids()
    for table in copy.table_ids():
        assert copy.manifest_text(table) == namespace.manifest_text(table)


@pytest.mark.parametrize(
    ("looser", "broken"),
    [
        (UNIQUE + KEY, {"qty": 0}),
        (UNIQUE + CHECK, {"who": "nobody"}),
        (PLAIN + CHECK + KEY, {"mail": "m1"}),
        (STRICT.replace("qty > 0", "qty >= 0"), {"qty": 0}),
    ],
    ids=["check", "foreign key", "unique", "another check"],
)
def test_what_loosens_applies_at_once(strict: Namespace, copy: Namespace, looser: str, broken: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        put(strict, 2, **broken)
    assert register(strict, 2, looser).version == 2
    put(strict, 2, **broken)
    assert strict.manifest_text("d.orders") == HEAD.format(2) + looser
    followed(strict, copy)
    assert len(copy.query({"Scan": {"schema": "d.orders"}})) == 2


def test_a_default_is_that_of_new_rows(strict: Namespace, copy: Namespace) -> None:
    register(strict, 2, STRICT.replace("default = 1", "default = 7"))
    put(strict, 2)
    register(strict, 3, STRICT.replace(", default = 1", ""))
    put(strict, 3)
    assert [row["qty"] for row in strict.query({"Scan": {"schema": "d.orders"}})] == [1, 7, None]
    followed(strict, copy)


def test_a_column_of_a_check_is_dropped_by_a_migration_once_the_check_is(strict: Namespace) -> None:
    diff = [{"DropColumn": {"name": "qty"}}]
    with pytest.raises(Invalid):
        strict.write(lambda frame: frame.migrate("m-1", "d.orders", diff, "tester", auto_cutover=True))
    register(strict, 2, UNIQUE + KEY)
    strict.write(lambda frame: frame.migrate("m-2", "d.orders", diff, "tester", auto_cutover=True))
    fill(strict)
    assert strict.query({"Scan": {"schema": "d.orders"}}) == [{"id": 1, "who": "ann", "mail": "m1"}]


@pytest.mark.parametrize(
    ("tighter", "said"),
    [
        (UNIQUE, "column `mail` becomes unique: no migration does this, make a new table"),
        (PLAIN + KEY, "the foreign key of `who` is new: no migration does this, make a new table"),
        (PLAIN.replace('"who", ty = "str"', '"who", ty = "i64"'), "column `who` changes its type: use /migrations"),
    ],
)
def test_what_tightens_is_refused_and_says_what_to_do(strict: Namespace, tighter: str, said: str) -> None:
    register(strict, 2, PLAIN)
    with pytest.raises(Conflict) as refused:
        register(strict, 3, tighter)
    assert said in refused.value.message
    assert ("/migrations" in refused.value.message) is ("/migrations" in said)


def test_a_check_that_a_row_breaks_is_refused_without_a_word_of_migrations(strict: Namespace) -> None:
    with pytest.raises(Conflict, match="a row breaks the new check `some`") as refused:
        register(strict, 2, STRICT.replace("qty > 0", "qty > 1"))
    assert "/migrations" not in refused.value.message


def test_a_new_column_may_have_a_foreign_key(strict: Namespace) -> None:
    wider = STRICT.replace('{ name = "qty"', '{ name = "to", ty = "str" }, { name = "qty"')
    register(strict, 2, wider + KEY.replace("who", "to"))
    with pytest.raises(Invalid, match="no key"):
        put(strict, 2, to="nobody")
    put(strict, 2, to="ann")


# the same table in other words


def test_the_text_is_that_which_was_registered_last(strict: Namespace, copy: Namespace) -> None:
    lsn = strict.lsn()
    assert register(strict, 1, STRICT).version == 1
    assert strict.lsn() == lsn  # the same text is nothing new
    assert register(strict, 1, f"# said better\n{STRICT}").version == 1
    assert strict.manifest_text("d.orders") == f"{HEAD.format(1)}# said better\n{STRICT}"
    put(strict, 2)
    followed(strict, copy)


def test_another_handle_sees_the_new_text(strict: Namespace, store: Store, url: str, tmp_path: Path) -> None:
    other = open_store(url, tmp_path / "data")
    assert other.namespace("ada").manifest_text("d.orders") == HEAD.format(1) + STRICT
    register(strict, 1, f"{STRICT}# said better\n")
    assert other.namespace("ada").manifest_text("d.orders").endswith("# said better\n")
    other.close()


# relations that lead nowhere

NUMBERS = 'id = "r.nums"\nprimary_key.columns = ["n"]\ncolumns = [{ name = "n", type = "i64" }]\n'
STAMPS = NUMBERS.replace("r.nums", "r.stamps").replace("i64", "timestamp")
PAIRS = (
    'id = "r.pairs"\nprimary_key.columns = ["a", "b"]\n'
    'columns = [{ name = "a", type = "str" }, { name = "b", type = "i64" }]\n'
)
NODES = """
id = "r.nodes"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "i64" }, { name = "to", type = "str" }, { name = "many", type = "json" }]
"""
DEAD: list[tuple[str, str]] = [
    ('{ name = "nx", column = "to", to_table = "nums" }', "column `to` of `r.nodes` is of type str, and the key of"
     " `r.nums` of type i64"),
    ('{ name = "nx", column = "to", to_table = "nodes" }', "of type str, and the key of `r.nodes` of type i64"),
    ('{ name = "nx", column = "id", target = { table = "nums", pk = "nx" } }', "of `r.nums` is `n`, not `nx`"),
    ('{ name = "nx", column = "to", to_table = "pairs" }', "the primary key of `r.pairs` has several columns"),
    ('{ name = "nx", column = "many", to_table = "stamps" }', "of type timestamp, which an array in JSON cannot hold"),
    ('{ name = "nx", via = "r.pairs", from_col = "a", to_col = "b", to_table = "nums" }', "column `a` of `r.pairs`"),
    ('{ name = "nx", via = "r.pairs", from_col = "b", to_col = "a", to_table = "nums" }', "column `a` of `r.pairs`"),
]  # fmt: skip


def declare(*texts: str) -> Any:
    def work(frame: Frame) -> None:
        for text in texts:
            frame.register(text)

    return work


@pytest.mark.parametrize(("relation", "said"), DEAD)
def test_a_relation_that_leads_nowhere_is_refused(ben: Namespace, relation: str, said: str) -> None:
    ben.write(declare(NUMBERS, STAMPS, PAIRS))
    with pytest.raises(Invalid) as refused:
        ben.write(declare(f"{NODES}relations = [{relation}]\n"))
    assert said in refused.value.message
    assert "relation `nx`" in refused.value.message
    assert "r.nodes" not in ben.table_ids()
    ben.write(declare(NODES))
    ben.write(lambda frame: frame.put("r.nodes", {"id": 1}))
    with pytest.raises(Invalid):  # nor is it in a change of a table that is there
        ben.write(declare(f"{NODES}relations = [{relation}]\n"))


@pytest.mark.parametrize(("relation", "said"), [each for each in DEAD if "nodes" not in each[0]])
def test_where_the_target_comes_later_its_use_is_refused(ben: Namespace, relation: str, said: str) -> None:
    dead = f"{NODES}relations = [{relation}]\n"
    ben.write(declare(dead, NUMBERS, STAMPS, PAIRS))
    walks: list[Walk] = [
        Neighbors("r.nodes", "nx", "1"), Reverse("r.nodes", "nx", "1"), Bfs("r.nodes", "nx", "1"),
        Way("r.nodes", "nx", "1", "1"),
    ]  # fmt: skip
    for walk in walks:
        with pytest.raises(Invalid) as refused:
            ben.graph(walk)
        assert said in refused.value.message
    # It was taken once, and stands in the way of nothing else.
    ben.write(lambda frame: frame.put("r.nodes", {"id": 1}))
    ben.write(declare(f"{dead}# as it was\n"))
    ben.write(declare(dead.replace('{ name = "to"', '{ name = "more", type = "str" }, { name = "to"')))


def test_a_follower_takes_what_its_leader_took(store: Store, copy: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = store.namespace("ada")
    with monkeypatch.context() as earlier:
        earlier.setattr("substrate.declare.refuse_dead_ends", lambda *_: None)  # as versions before did
        leader.write(declare(NUMBERS, f"{NODES}relations = [{DEAD[0][0]}]\n"))
    followed(leader, copy)


@pytest.mark.parametrize("held", ["i64", "u64", "f64", "number"])
def test_numbers_lead_to_numbers(ben: Namespace, held: str) -> None:
    text = f'{NODES.replace("str", held)}relations = [{{ name = "to", to_table = "nums" }}]\n'
    ben.write(declare(NUMBERS, text))
    ben.write(lambda frame: frame.put("r.nodes", {"id": 1, "to": 5}))
    assert ben.graph(Neighbors("r.nodes", "to", "1")) == ["5"]


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        (Neighbors("r.nodes", "next", "x"), "pk"),
        (Reverse("r.nodes", "next", "x"), "pk"),
        (Bfs("r.nodes", "next", "x"), "pk"),
        (Way("r.nodes", "next", "x", "1"), "src"),
        (Way("r.nodes", "next", "1", "x"), "dst"),
    ],
)
def test_a_text_that_is_no_key_is_refused_by_the_name_of_the_parameter(
    ben: Namespace, asked: Walk, parameter: str
) -> None:
    ben.write(declare(f'{NODES}relations = [{{ name = "next", column = "many", to_table = "nodes" }}]\n'))
    with pytest.raises(Invalid, match=f"^`{parameter}`: expected an integer of 64 bits, found") as refused:
        ben.graph(asked)
    assert refused.value.detail == {"parameter": parameter}
