"""The JSON Schema of chains: what it takes is what can be saved, as far as a schema can say it."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from chains.schema import json_schema
from chains.spec import STEPS, Chain
from tests.chains.test_examples import EXAMPLES

VALIDATOR = jsonschema_rs.validator_for(json_schema())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_fit(path: Path) -> None:
    chain = yaml.safe_load(path.read_text())
    assert [error.message for error in VALIDATOR.iter_errors(chain)] == []
    chain["steps"][0]["promt"] = "x"
    assert not VALIDATOR.is_valid(chain)


def chain(**step: Any) -> dict[str, Any]:
    return {"name": "x", "output": "o", "steps": [{"id": "a", "output_var": "o", **step}]}


def test_steps() -> None:
    assert VALIDATOR.is_valid(chain(prompt="p"))
    assert VALIDATOR.is_valid(chain(prompt=5, label=True))
    assert VALIDATOR.is_valid(chain(type="subchain", chain="c"))
    assert not VALIDATOR.is_valid(chain(type="subchain"))
    assert not VALIDATOR.is_valid(chain(type="nothing", prompt="p"))
    assert not VALIDATOR.is_valid(chain(type="gate", prompt="p", routes={}))
    assert not VALIDATOR.is_valid(chain(prompt="p", retry={"max": 0}))
    assert not VALIDATOR.is_valid({**chain(prompt="p"), "outputs": "o"})


def test_every_type_and_every_field_is_there() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(Chain.model_fields)
    for model in STEPS.values():
        assert set(model.model_fields) <= set(schema["$defs"][model.__name__]["properties"])
