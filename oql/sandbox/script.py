"""The code of a guest, one piece after the other, and what the pieces gave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from oql.entries import Entry
from oql.errors import Code, expected
from oql.values import Value
from oql.verbs.declare import describe


@dataclass(slots=True)
class Script:
    """A piece is evaluated when its turn comes; whoever runs it then adds its value to `values`."""

    entries: Sequence[Entry]
    values: list[Value] = field(default_factory=list)

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The code of each piece, and whether anybody wants its value. Raises what evaluating one does."""
        for entry in self.entries:
            code = entry.code(self.values)
            if not isinstance(code, str):
                raise expected(Code.SANDBOX_FAILED, "code as a text", describe(code))
            yield code, entry.wanted
