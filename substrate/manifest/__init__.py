"""Manifests: what declares a table. `model` is what they mean, `read` and `write` how they are written."""

from substrate.manifest.model import (
    Check,
    Column,
    Dialect,
    Extraction,
    ForeignKey,
    Index,
    Manifest,
    Relation,
)
from substrate.manifest.read import read
from substrate.manifest.write import write

__all__ = [
    "Check",
    "Column",
    "Dialect",
    "Extraction",
    "ForeignKey",
    "Index",
    "Manifest",
    "Relation",
    "read",
    "write",
]
