"""Vectors on both back ends: what is put is found at once, in every process, with every filter, and nothing else."""

import base64
import json
import struct
from pathlib import Path

import pytest

from substrate.errors import Invalid, NotFound, QuotaExceeded, StoreError
from substrate.interface import Call, Frame, Namespace, Store
from substrate.interface.vectors import METRICS, Hit, Nearest, Vector, VectorTable
from substrate.opening import open_store
from tests.substrate.contract.vectors import EAST, NORTH, WEST, ids, put


def test_scores_of_each_metric(ben: Namespace) -> None:
    for metric in METRICS:
        put(ben, Vector("a", [3, 4], None, 2, metric), Vector("b", [1, 0]), Vector("z", [0, 0]), table=metric)
    found = {metric: ben.vector_topk(Nearest(metric, [1, 0], 3, 2, metric)) for metric in METRICS}
    assert [(hit.id, hit.score) for hit in found["cosine"]] == [("b", 1.0), ("a", 0.6), ("z", 0.0)]
    assert [(hit.id, hit.score) for hit in found["dot"]] == [("a", 3.0), ("b", 1.0), ("z", 0.0)]
    # |(3, 4) - (1, 0)| is the root of 4 + 16
    assert [(hit.id, hit.score) for hit in found["l2"]] == [("b", 0.0), ("z", 1.0), ("a", 4.472135955)]
    assert ben.vector_tables() == [VectorTable(metric, 2, metric, 3) for metric in METRICS]
    assert ben.usage()["used"]["vectors"] == 9


def test_an_existing_id_is_replaced_whole(ben: Namespace) -> None:
    put(ben, Vector("a", EAST, {"x": 1}), Vector("b", NORTH, {"x": 1}))
    assert ids(ben, EAST, filter={"x": 1}) == ["a", "b"]
    put(ben, Vector("a", WEST))
    assert ben.vector_topk(Nearest("t", EAST, 9)) == [Hit("b", 0.0, {"x": 1}), Hit("a", -1.0, None)]
    assert ids(ben, EAST, filter={"x": 1}) == ["b"]
    put(ben, Vector("c", EAST), Vector("c", WEST), Vector("c", NORTH))
    assert ben.vector_topk(Nearest("t", NORTH, 1)) == [Hit("b", 1.0, {"x": 1})]
    assert ids(ben, NORTH) == ["b", "c", "a"]
    assert ben.vector_tables()[0].vectors == 3


def test_deletes(ben: Namespace) -> None:
    put(ben, *(Vector(str(n), [1.0, float(n)], {"odd": n % 2 == 1}) for n in range(6)))
    assert ids(ben, EAST) == ["0", "1", "2", "3", "4", "5"]
    assert ben.write(lambda frame: frame.vector_delete("t", ["1", "1", "none", "4"])) == 2
    assert ids(ben, EAST) == ["0", "2", "3", "5"]
    assert ids(ben, EAST, filter={"odd": True}) == ["3", "5"]
    assert ben.write(lambda frame: frame.vector_delete("t", ["1"])) == 0
    assert ben.write(lambda frame: frame.vector_delete("none", ["1"])) == 0
    assert ben.write(lambda frame: frame.vector_delete("t", ["0", "2", "3", "5"])) == 4
    assert ids(ben, EAST) == []
    put(ben, Vector("1", EAST))
    assert ids(ben, EAST) == ["1"]


def test_a_table_is_dropped_and_made_anew(ben: Namespace) -> None:
    put(ben, Vector("a", EAST, {"x": 1}), Vector("b", WEST))
    put(ben, Vector("a", EAST), table="other")
    assert ids(ben, EAST) == ["a", "b"]
    assert ben.write(lambda frame: frame.vector_drop("t")) is True
    assert ben.write(lambda frame: frame.vector_drop("t")) is False
    with pytest.raises(NotFound, match="there is no vector table `t`"):
        ids(ben, EAST)
    put(ben, Vector("c", [1, 2, 3], None, None, "l2"))
    assert ids(ben, [1, 2, 3], filter={"x": None}) == ["c"]
    assert ids(ben, EAST, table="other") == ["a"]
    assert ben.vector_tables() == [VectorTable("other", 2, "cosine", 1), VectorTable("t", 3, "l2", 1)]


def test_filters(ben: Namespace) -> None:
    put(
        ben,
        Vector("1", EAST, {"n": 1, "s": "Tea", "b": True}),
        Vector("2", EAST, {"n": 1.0, "s": "tea", "b": 1}),
        Vector("3", EAST, {"n": "1", "s": None}),
        Vector("4", EAST),
    )
    for wanted, expected in (
        ({"n": 1}, ["1", "2"]), ({"n": 1.0}, ["1", "2"]), ({"n": "1"}, ["3"]), ({"n": True}, []), ({"n": 1.5}, []),
        ({"s": "tea"}, ["2"]), ({"b": True}, ["1"]), ({"b": 1}, ["2"]), ({"s": None}, ["3", "4"]), ({"s": ""}, []),
        ({"none": None}, ["1", "2", "3", "4"]), ({"none": 0}, []), ({}, ["1", "2", "3", "4"]),
        ({"n": 1, "s": "Tea"}, ["1"]), ({"n": None, "s": None, "b": None}, ["4"]), ({"n": "1", "s": None}, ["3"]),
    ):  # fmt: skip
        assert ids(ben, EAST, filter=wanted) == expected, wanted


def test_what_accepts_metadata_loses_no_hits(ben: Namespace) -> None:
    put(ben, *(Vector(f"{n:03}", [1.0, n / 100], {"n": n}) for n in range(200)))
    found = ben.vector_topk(Nearest("t", EAST, 3, accepts=lambda metadata: metadata["n"] >= 197))
    assert [hit.id for hit in found] == ["197", "198", "199"]
    assert ids(ben, EAST, k=3, accepts=lambda metadata: metadata["n"] == 150) == ["150"]
    assert ids(ben, EAST, k=3, accepts=lambda metadata: False) == []


def test_embeddings_as_base64(ben: Namespace) -> None:
    packed = base64.b64encode(struct.pack("<2f", 3, 4)).decode()
    put(ben, Vector("a", packed))
    assert ben.vector_topk(Nearest("t", packed, 1))[0].score == 1.0
    assert ben.vector_topk(Nearest("t", [1, 0], 1))[0].score == 0.6


def test_numbers_at_the_ends_of_the_range(ben: Namespace) -> None:
    large, small = 3e38, 1e-44
    for metric in METRICS:
        put(ben, *(Vector(str(n), [x, y], None, 2, metric) for n, (x, y) in enumerate(
            [(large, large), (small, small), (large, -large), (0, 0), (small, -small)])), table=metric)  # fmt: skip
    assert [(hit.id, hit.score) for hit in ben.vector_topk(Nearest("cosine", [small, small], 2))] == [
        ("0", 1.0), ("1", 1.0)]  # fmt: skip
    assert ids(ben, [large, large], k=2, table="dot") == ["0", "1"]
    assert ids(ben, [0, 0], k=5, table="l2") == ["3", "1", "4", "0", "2"]


def test_a_transaction_sees_its_own_and_leaves_nothing_when_it_fails(ben: Namespace) -> None:
    put(ben, Vector("a", EAST, {"x": 1}), Vector("b", NORTH, {"x": 1}))
    assert ids(ben, EAST) == ["a", "b"]

    def work(frame: Frame) -> None:
        frame.vector_put("t", Vector("c", WEST, {"x": 1}))
        frame.vector_put("t", Vector("a", [-2.0, 1.0]))
        frame.vector_delete("t", ["b"])
        frame.vector_put("fresh", Vector("f", [1]))
        assert ids(frame, WEST) == ["c", "a"]
        assert ids(frame, WEST, filter={"x": 1}) == ["c"]
        assert ids(frame, WEST, filter={"x": None}) == ["a"]
        assert ids(frame, [1], table="fresh") == ["f"]
        assert ids(ben, EAST) == ["a", "b"]
        raise ValueError("undo")

    for _ in range(2):
        with pytest.raises(ValueError, match="undo"), ben.transaction() as frame:
            work(frame)
        assert ids(ben, EAST) == ["a", "b"]
        assert ids(ben, EAST, filter={"x": 1}) == ["a", "b"]
    put(ben, Vector("d", EAST))
    assert ids(ben, EAST) == ["a", "d", "b"]


def test_what_a_frame_refuses_undoes_only_itself(ben: Namespace) -> None:
    with ben.transaction() as frame:
        with pytest.raises(Invalid):
            frame.vector_put_many("t", [Vector("a", EAST), Vector("b", [1])])
        frame.vector_put("t", Vector("c", [1, 2, 3]))
    assert ids(ben, [1, 2, 3]) == ["c"]


def test_an_old_snapshot_sees_what_was_there(ben: Namespace) -> None:
    put(ben, Vector("a", EAST, {"x": 1}), Vector("b", NORTH, {"x": 1}))
    with ben.snapshot() as before:
        assert before.vector_tables()[0].vectors == 2
        put(ben, Vector("c", WEST, {"x": 1}))
        put(ben, Vector("a", NORTH))
        ben.write(lambda frame: frame.vector_delete("t", ["b"]))
        assert ids(ben, NORTH) == ["a", "c"]
        assert ids(before, EAST) == ["a", "b"]
        assert ids(before, EAST, filter={"x": 1}) == ["a", "b"]
    assert ids(ben, EAST, filter={"x": 1}) == ["c"]


def test_a_snapshot_between_two_moments_of_the_matrix(ben: Namespace) -> None:
    put(ben, Vector("a", EAST), Vector("b", NORTH), Vector("e", WEST))
    assert ids(ben, EAST) == ["a", "b", "e"]
    put(ben, Vector("c", [1.0, 0.1]))
    ben.write(lambda frame: frame.vector_delete("t", ["b"]))
    with ben.snapshot() as between:
        between.vector_tables()
        ben.write(lambda frame: frame.vector_delete("t", ["c", "e"]))
        put(ben, Vector("d", EAST))
        assert ids(ben, EAST) == ["a", "d"]
        assert ids(between, EAST) == ["a", "c", "e"]


def test_the_log_tells_of_vectors(ben: Namespace) -> None:
    put(ben, Vector("a", [1, 2], {"x": 1}))
    put(ben, Vector("b", [1, 2]))
    ben.write(lambda frame: frame.vector_delete("t", ["a", "none"]))
    ben.write(lambda frame: frame.vector_drop("t"))
    packed = base64.b64encode(struct.pack("<2f", 1, 2)).decode()
    common = {"op": "vput", "table": "t", "dim": 2, "metric": "cosine", "embedding": packed}
    assert [json.loads(frame)["ops"] for _, frame in ben.frames(None, 9)] == [
        [{**common, "id": "a", "metadata": {"x": 1}}],
        [{**common, "id": "b"}],
        [{"op": "vdel", "table": "t", "id": "a"}],
        [{"op": "vdrop", "table": "t"}],
    ]


def test_quotas(url: str, tmp_path: Path) -> None:
    limit: list[int | None] = [None]
    opened = open_store(url, tmp_path / "data", quota_bytes=lambda name: limit[0])
    opened.delete("full")
    full = opened.namespace("full")
    put(full, Vector("a", EAST))
    opened.close()
    limit[0] = 1
    opened = open_store(url, tmp_path / "data", quota_bytes=lambda name: limit[0])
    full = opened.namespace("full")
    with pytest.raises(QuotaExceeded):
        put(full, Vector("b", EAST))
    assert full.write(lambda frame: frame.vector_delete("t", ["a"])) == 1
    assert full.write(lambda frame: frame.vector_drop("t")) is True
    opened.delete("full")
    opened.close()


def test_a_deleted_namespace_leaves_nothing(store: Store, tmp_path: Path) -> None:
    for first in ("a", "b"):
        made = store.namespace("gone")
        put(made, Vector(first, EAST))
        assert ids(made, EAST) == [first]
        assert len(list((tmp_path / "data" / "vectors" / "gone").iterdir())) == 1
        store.delete("gone")
        assert not (tmp_path / "data" / "vectors" / "gone").exists()


def test_a_call_that_was_stopped(ben: Namespace) -> None:
    put(ben, Vector("a", EAST))
    call = Call()
    call.cancel()
    with pytest.raises(StoreError) as caught:
        ben.vector_topk(Nearest("t", EAST, 1), call)
    assert caught.value.code == "cancelled"
