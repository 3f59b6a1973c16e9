"""Verbs for what a program gives out."""

from typing import Literal

from oql.errors import Code, expected
from oql.values import Image, Multi, Value
from oql.verbs.declare import Branches, Family, describe
from oql.verbs.run import Run

family = Family("output", "Output")


@family.verb("EMIT", examples=[('EMIT "Hello"', "Hello"), ('EMIT "a" AFTER EMIT 1', "a1")], acts=True)
def emit(run: Run, value: Branches, *, as_: Literal["png", "jpg", "webp"] | None = None) -> bool:
    """Adds a value to the program's result.

    One EMIT gives the value itself, several the joined text forms; of a multivariable one branch is drawn
    at random. An image is given out as a file of the format that AS names, PNG without.
    """
    chosen = value.branches[run.draw(len(value.branches))] if type(value) is Multi else value
    run.emit(_file(run, chosen, as_) if as_ or type(chosen) is Image else chosen)
    return True


def _file(run: Run, value: Value, kind: Literal["png", "jpg", "webp"] | None) -> Image:
    from oql.images.writing import encoded  # it takes time to load

    if not isinstance(value, (Image, bytes)):
        raise expected(Code.IMAGE_FAILED, "an image", describe(value), hint="AS names the format of an image")
    if kind is None and isinstance(value, Image) and value.form in ("jpg", "webp"):
        return value
    return encoded(value, kind or "png", run.claim)
