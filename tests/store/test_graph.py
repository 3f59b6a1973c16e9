"""Walks along relations over HTTP: parameters, shapes of answers, statuses. What walks find is tested on the store."""

import json
from typing import Any

import pytest

from tests.store.asking import Tenant, problem

CITIES = """
id = "road.cities"
primary_key.columns = ["name"]
columns = [{ name = "name", type = "str" }, { name = "connects", type = "json" }]
relations = [{ name = "connects", to_table = "road.cities" }]
"""
WEIGHTS = {"NYC|CHI": 2.0, "CHI|DEN": 1.5, "DEN|SFO": 1.2}


@pytest.fixture
def roads(tenant: Tenant) -> Tenant:
    """A tenant with four cities in a row, and a short cut."""
    tenant.declare(CITIES)
    rows = [{"name": "NYC", "connects": ["CHI"]}, {"name": "CHI", "connects": ["DEN", "SFO"]},
            {"name": "DEN", "connects": ["SFO"]}]  # fmt: skip
    assert tenant.post("/rows/road.cities/_batch", json=rows).status_code == 200
    return tenant


def walk(of: Tenant, route: str, **params: Any) -> Any:
    answer = of.get(f"/graph/road.cities/{route}", params={"rel": "connects", **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_answers(roads: Tenant) -> None:
    assert walk(roads, "neighbors", pk="CHI") == ["DEN", "SFO"]
    assert walk(roads, "reverse", pk="SFO") == ["CHI", "DEN"]
    assert walk(roads, "neighbors", pk="nowhere") == []
    assert walk(roads, "bfs", pk="NYC", max_depth=1) == [{"pk": "CHI", "depth": 1}]
    assert [found["pk"] for found in walk(roads, "bfs", pk="NYC")] == ["CHI", "DEN", "SFO"]
    assert walk(roads, "path", src="NYC", dst="SFO") == {"reachable": True, "nodes": ["NYC", "CHI", "SFO"]}
    assert walk(roads, "path", src="NYC", dst="SFO", max_depth=1) == {"reachable": False, "nodes": []}
    assert walk(roads, "dijkstra", src="NYC", dst="SFO") == {"cost": 2.0}
    assert walk(roads, "dijkstra", src="NYC", dst="SFO", weights_json=json.dumps(WEIGHTS)) == {"cost": 4.7}
    assert walk(roads, "dijkstra", src="SFO", dst="NYC") == {"cost": None}


@pytest.mark.parametrize("weights", [WEIGHTS, [[*name.split("|"), weight] for name, weight in WEIGHTS.items()]])
def test_weights_in_a_body(roads: Tenant, weights: Any) -> None:
    body = {"rel": "connects", "src": "NYC", "dst": "SFO", "weights": weights, "ignored": 1}
    answer = roads.post("/graph/road.cities/dijkstra", json=body, headers={"Idempotency-Key": "ignored"})
    assert (answer.status_code, answer.json()) == (200, {"cost": 4.7})
    assert roads.post("/graph/road.cities/dijkstra", json=body | {"weights": None}).json() == {"cost": 2.0}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("road.cities/neighbors?rel=connects", 400),
        ("road.cities/neighbors?pk=NYC", 400),
        ("road.cities/bfs?rel=connects&pk=NYC&max_depth=101", 400),
        ("road.cities/bfs?rel=connects&pk=NYC&max_depth=x", 400),
        ("road.cities/path?rel=connects&src=NYC", 400),
        ("road.cities/dijkstra?rel=connects&src=NYC&dst=SFO&weights_json=%5B%5D", 400),
        ("road.cities/dijkstra?rel=connects&src=NYC&dst=SFO&weights_json=%7B", 400),
        ("road.cities/dijkstra?rel=connects&src=NYC&dst=SFO&weights_json=%7B%22NYC%7CCHI%22:-1%7D", 400),
        ("road.cities/neighbors?rel=nothing&pk=NYC", 404),
        ("road.nothing/neighbors?rel=connects&pk=NYC", 404),
        ("road.cities/pagerank?rel=connects", 404),
    ],
)
def test_refusals(roads: Tenant, path: str, status: int) -> None:
    problem(roads.get(f"/graph/{path}"), status, "not_found" if status == 404 else "validation_failed")


NUMBERS = """
id = "n.nums"
primary_key.columns = ["n"]
columns = [{ name = "n", type = "i64" }, { name = "next", type = "i64" }]
relations = [{ name = "next", to_table = "n.nums" }]
"""


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [("neighbors?pk=x", "pk"), ("reverse?pk=x", "pk"), ("bfs?pk=x", "pk"), ("path?src=x&dst=1", "src"),
     ("path?src=1&dst=x", "dst"), ("dijkstra?src=x&dst=1", "src"), ("dijkstra?src=1&dst=x", "dst")],
)  # fmt: skip
def test_what_is_no_key_is_refused_by_the_name_of_its_parameter(tenant: Tenant, asked: str, parameter: str) -> None:
    tenant.declare(NUMBERS)
    told = problem(tenant.get(f"/graph/n.nums/{asked}&rel=next"), 400, "validation_failed")
    assert told["message"].startswith(f"`{parameter}`: expected an integer")
    assert told["detail"] == {"parameter": parameter}


@pytest.mark.parametrize(
    "body",
    [{}, {"rel": 1, "src": "a", "dst": "b"}, [], {"rel": "connects", "src": "NYC", "dst": "SFO", "weights": "x"}],
)
def test_bodies_that_are_refused(roads: Tenant, body: Any) -> None:
    problem(roads.post("/graph/road.cities/dijkstra", json=body), 400, "validation_failed")
