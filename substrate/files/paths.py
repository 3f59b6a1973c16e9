"""Paths as programs write them: `/root/notes/a.txt`. As names they are ("notes", "a.txt"); the root itself is ()."""

import unicodedata
from typing import TypeAlias

from substrate.errors import Invalid, shown

ROOT = "/root"
MAX_DEPTH = 64
"""How many names a path may have, and how deep folders stand inside each other."""
MAX_NAME_BYTES = 255
"""How long a name may be in UTF-8; file systems allow no more."""

Names: TypeAlias = tuple[str, ...]

_LONGEST = len(ROOT) + MAX_DEPTH * (MAX_NAME_BYTES + 1)


def parse(path: str) -> Names:
    """The names of a path below the root; doubled slashes and `.` say nothing. Raises Invalid."""
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        hint = f"write `{ROOT}/{path.lstrip('/')[:60]}`" if path.strip("/") else f"write `{ROOT}`"
        raise Invalid(f"expected a path that begins with `{ROOT}/`, found {shown(path)}", hint=hint)
    if len(path) > _LONGEST:
        raise Invalid(f"the path {shown(path)} is too long")
    return _names((), path[len(ROOT) :], path)


def below(folder: Names, path: str) -> Names:
    """The names of a path inside a folder. Raises Invalid where it leads out of it, or cannot be a path."""
    return _names(folder, path, path)


def _names(folder: Names, rest: str, path: str) -> Names:
    names = tuple(name for name in rest.split("/") if name not in ("", "."))
    for name in names:
        _check(name, path)
    if len(folder) + len(names) > MAX_DEPTH:
        raise Invalid(f"the path {shown(path)} has more than {MAX_DEPTH} names")
    return folder + names


def shown_path(names: Names) -> str:
    """The path of some names, as programs write it."""
    return "/".join((ROOT, *names))


def _check(name: str, path: str) -> None:
    if name == "..":
        raise Invalid(f"`..` is not allowed in the path {shown(path)}", hint="write the path in full")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise Invalid(f"control characters are not allowed in the path {shown(path)}")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise Invalid(f"the path {shown(path)} is no Unicode text") from None
    if size > MAX_NAME_BYTES:
        raise Invalid(f"the name {shown(name)} has {size} bytes, more than {MAX_NAME_BYTES}")
