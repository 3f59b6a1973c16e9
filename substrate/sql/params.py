"""The values of `$1`, `$2`, ...: how many there are, and of which kinds."""

from collections.abc import Sequence

from substrate.columns import Json
from substrate.errors import Invalid


def counted(params: Sequence[Json], expected: int) -> None:
    """Raises Invalid where there are not as many parameters as the statement has."""
    if len(params) != expected:
        raise Invalid(f"expected {expected} params, found {len(params)}")


def kind_of(value: Json) -> type | None:
    """What a parameter is, as far as its type goes; an integer beyond 64 bits counts as a float."""
    if value is None:
        return None
    if type(value) is int and not -(2**63) <= value < 2**63:
        return float
    for kind in (bool, int, float, str, dict, list):
        if isinstance(value, kind):
            return kind
    raise Invalid(f"a param is a JSON value, found {type(value).__name__}")
