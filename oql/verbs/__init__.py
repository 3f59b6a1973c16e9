"""The verbs of the language, one module a family. A module placed here is found by itself."""

import importlib
import pkgutil
from functools import cache
from types import MappingProxyType

from oql.verbs.declare import TABLE, Verb


@cache
def table() -> MappingProxyType[str, Verb]:
    """Every verb by its full name, in the order of families and declarations."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        importlib.import_module(f"{__name__}.{module.name}")
    return MappingProxyType(TABLE)
