"""Segments of a few documents, so that small tests see them made, put together and made anew."""

import pytest

from substrate.fulltext import gathering, waiting
from substrate.fulltext.gathering import Size


def make_small(patch: pytest.MonkeyPatch, documents: int = 3, together: int = 2) -> None:
    """From now on so many documents become a segment, and so many neighbours a larger one."""
    patch.setattr(waiting, "MOST", documents)
    patch.setattr(gathering, "TOGETHER", together)
    patch.setattr(gathering, "FEW", Size(documents, 1_000))
    patch.setattr(gathering, "SOME", Size(documents * together, 1_000))
    patch.setattr(gathering, "MANY", Size(documents * together**2, 4_000))
