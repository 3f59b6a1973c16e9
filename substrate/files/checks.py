"""What has to hold before files are changed, and how it is refused where it does not."""

import os

from substrate.errors import Conflict, Invalid, NotFound
from substrate.files import trees
from substrate.files.handles import find, is_file, is_folder
from substrate.files.paths import MAX_DEPTH, Names, shown_path
from substrate.files.place import Place
from substrate.interface import Asker

State = os.stat_result


def not_root(names: Names, hint: str = "name a file in it") -> Names:
    """The names, unless they are those of the root."""
    if not names:
        raise Invalid("`/root` itself stays where it is", hint=hint)
    return names


def existing(at: Place, names: Names) -> State:
    """What is there. Raises NotFound."""
    found = find(at.files, names)
    if found is None:
        raise missing(names)
    return found


def missing(names: Names) -> NotFound:
    """There is nothing under these names."""
    return NotFound(f"there is no file or folder `{shown_path(names)}`")


def expect_file(names: Names, found: State) -> None:
    """What is to be written is no folder."""
    if is_folder(found):
        raise Conflict(
            f"`{shown_path(names)}` is a folder, not a file", hint=f"write `{shown_path(names)}/` and a name"
        )


def expect_replaceable(names: Names, old: State | None, *, by_folder: bool) -> None:
    """A file may take the place of a file, a folder only that of nothing."""
    if old is None:
        return
    if not by_folder:
        expect_file(names, old)
    elif is_file(old) or is_folder(old):
        raise Conflict(f"there is something at `{shown_path(names)}` already", hint="remove it first")


def expect_recursive(names: Names, recursive: bool) -> None:
    """Whoever copies a folder has to say so."""
    if not recursive:
        raise Invalid(f"`{shown_path(names)}` is a folder, not a file", hint='add `AS "recursive"`')


def expect_depth(at: Place, names: Names, target: Names, asker: Asker) -> None:
    """A folder does not get deeper than a path can say."""
    if len(target) + trees.depth(at.files, names, asker) > MAX_DEPTH:
        raise Invalid(f"in `{shown_path(target)}` there would be paths of more than {MAX_DEPTH} names")


def not_empty(names: Names) -> Conflict:
    """A folder that still holds something."""
    return Conflict(f"the folder `{shown_path(names)}` is not empty", hint='add `AS "recursive"`')
