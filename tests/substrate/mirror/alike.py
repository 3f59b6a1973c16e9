"""When two back ends say the same: the one place that settles what may differ between their answers.

Everything else has to be equal to the last detail: types of numbers, the order of rows and of columns, wording.
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from substrate.errors import StoreError

View: TypeAlias = Callable[[Any], Any]
"""What of an answer has to be the same on both; two answers are alike when the `repr` of their views are equal."""

_ENGINE_REFUSED = "the engine refused the statement: "
_CIPHERTEXT_OVERHEAD = 29
"""The bytes that a ciphertext is longer than its text: form, nonce and tag."""


def whole(answer: Any) -> Any:
    """All of it."""
    return answer


def in_any_order(rows: Any) -> Any:
    """Rows whose order nobody has asked for."""
    return sorted(rows, key=repr)


def planned(plan: Any) -> View:
    """The rows of a plan; a join gives them in any order."""
    return in_any_order if "'Join'" in repr(plan) else whole


def statement(text: str) -> View:
    """The answer to a SQL statement; without ORDER BY its rows come in any order."""
    return whole if "ORDER BY" in text.upper() else _selected


def _selected(answer: Any) -> Any:
    return {**answer, "rows": in_any_order(answer["rows"])} if answer["kind"] == "select" else answer


def explained(plan: Any) -> View:
    """The rows of a plan, and the tree of its costs without times."""
    return lambda answer: (planned(plan)(answer[0]), _without_times(answer[1]))


def used(answer: Any) -> Any:
    """What a namespace holds, without the bytes that this takes."""
    schemas = [{**each, "bytes": 0} for each in answer["schemas"]]
    return {"used": {**answer["used"], "bytes": 0}, "schemas": schemas}


def framed(frames: Any) -> Any:
    """Frames of the log: their places and lengths, and what they say but for times and ciphertexts."""
    return [(lsn, len(frame), _told(json.loads(frame))) for lsn, frame in frames]


def changed(changes: Any) -> Any:
    """The operations of frames, secrets in clear, but for those of tables that are gone."""
    return [(lsn, _of_each_key(_without_ciphertexts(operations))) for lsn, operations in changes]


def refusals(left: BaseException, right: BaseException) -> tuple[str, str]:
    """Two refusals: what kind, in which words, with which detail. Words of the engines themselves are their own."""
    engines = any(str(refusal).startswith(_ENGINE_REFUSED) for refusal in (left, right))
    return _refused(left, wording=not engines), _refused(right, wording=not engines)


def _refused(refusal: BaseException, *, wording: bool) -> str:
    if not isinstance(refusal, StoreError):
        return repr(refusal)
    words = (refusal.message,) if wording else ()
    return repr((type(refusal).__name__, refusal.code, *words, refusal.detail, refusal.retry))


def _without_times(tree: Any) -> Any:
    return {**tree, "elapsed_us": 0, "children": [_without_times(child) for child in tree["children"]]}


def _told(frame: Any) -> Any:
    return {**frame, "at_secs": 0, "crc": "", "ops": _of_each_key(_without_ciphertexts(frame["ops"]))}


def _of_each_key(operations: Any) -> Any:
    """What happened to each row, in order. An update of several rows may tell of them in any order."""
    found: dict[str, list[Any]] = {}
    for operation in operations:
        of = repr([operation.get("schema"), operation["key"]]) if "key" in operation else ""
        found.setdefault(of, []).append(operation)
    return sorted(found.items())


def _without_ciphertexts(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_ciphertexts(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_ciphertexts(item) for name, item in value.items()}
    return _ciphertext_of(value) if isinstance(value, str) else value


def _ciphertext_of(text: str) -> str:
    """In place of what looks like ciphertext its length: it is another one each time, and read in clear elsewhere."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text
    return f"ciphertext of {len(data)}" if data[:1] == b"\x01" and len(data) >= _CIPHERTEXT_OVERHEAD else text
