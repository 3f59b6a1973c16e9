"""The pages of cases, on each engine."""

import json
from typing import Any

import pytest

from substrate.errors import Invalid
from tests.substrate.sql.pages import FOLDER, Case, cases
from tests.substrate.sql.shop import Shop

PAGES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("case", [case for page in PAGES for case in cases(page)], ids=str)
def test_case(case: Case, shop: Shop) -> None:
    if case.rows is None:
        refused = shop.refusal(case.text, case.params)
        assert isinstance(refused, Invalid), case.text
        assert case.refusal in refused.message
        assert refused.detail.get("position") == case.position, refused.message
        return
    found = shop.rows(case.text, case.params)
    assert _texts(found, case.any_order) == _texts(case.rows, case.any_order)


def _texts(rows: list[dict[str, Any]], any_order: bool) -> list[str]:
    """Rows as text: so that `1` and `1.0`, `true` and `1`, and the order of keys are told apart."""
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    return sorted(texts) if any_order else texts
