"""Segments of a few documents, so that small tests see them made, put together and made anew."""

import pytest

from substrate.fulltext import merging, waiting
from substrate.fulltext.merging import Size


def make_small(patch: pytest.MonkeyPatch, documents: int = 3, together: int = 2) -> None:
    """From now on so many documents become a segment, and so many neighbours a larger one."""
    patch.setattr(waiting, "MOST", documents)
    patch.setattr(merging, "TOGETHER", together)
    patch.setattr(merging, "FEW", Size(documents, 1_000))
    patch.setattr(merging, "SOME", Size(documents * together, 1_000))
    patch.setattr(merging, "MANY", Size(documents * together**2, 4_000))
