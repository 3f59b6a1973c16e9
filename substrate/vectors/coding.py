"""Vectors as the matrix has them: numbers to score with, and one byte for each number to search by.

A vector x is kept with a code c of small whole numbers and a scale s, so that s*c is near to x; what is lost,
|x - s*c|, is kept too. It bounds by how much a product with codes can be wrong (Cauchy and Schwarz):

    |x.q - sc.tp|  <=  |x - sc|*|q| + |sc|*|q - tp|

For cosine codes are those of x/|x|, and the numbers are x times a power of two, which loses nothing and keeps every
product in the range of floats.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from substrate.interface.vectors import Metric
from substrate.vectors.columns import Codes, Doubles, Floats

_STEPS = 127
_ROUNDED = 1 + 1e-6
"""What bounds are multiplied with, so that rounding cannot make them too small."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Vectors with their codes. `lengths`: of what the codes stand for."""

    numbers: Floats
    codes: Codes
    scales: Doubles
    losses: Doubles
    lengths: Doubles

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns of these vectors."""
        return {
            "numbers": self.numbers, "codes": self.codes, "scales": self.scales, "losses": self.losses,
            "lengths": self.lengths,
        }  # fmt: skip


def coded(numbers: Floats, metric: Metric) -> Coded:
    """Vectors, one in each row, with their codes."""
    kept = numbers
    exact = numbers.astype(np.float64)
    if metric == "cosine":
        lengths = norms(exact)
        _, powers = np.frexp(np.where(lengths > 0, lengths, 1.0))
        kept = np.ldexp(exact, -powers[:, None]).astype(np.float32)
        exact = exact / np.where(lengths > 0, lengths, 1.0)[:, None]
    codes, scales = _codes(exact)
    losses = norms(exact - codes * scales[:, None]) * _ROUNDED
    return Coded(kept, codes, scales, losses, norms(exact))


def norms(vectors: Doubles) -> Doubles:
    """The Euclidean length of each row; squares of 32-bit floats are neither too large nor too small for 64 bits."""
    found: Doubles = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return found


def _codes(exact: Doubles) -> tuple[Codes, Doubles]:
    scales = np.abs(exact).max(axis=1, initial=0.0) / _STEPS
    codes = np.rint(exact / np.where(scales > 0, scales, 1.0)[:, None]).astype(np.int8)
    return codes, scales
