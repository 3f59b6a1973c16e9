"""What a namespace, or a frame, can be asked beside rows: along relations, by nearness, by nearness and words."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from substrate.interface import Call
    from substrate.interface.graph import Walk
    from substrate.interface.hybrid import Both, FusedHit
    from substrate.interface.vectors import Hit, Nearest, VectorTable


class Searches(Protocol):
    """Searches that see all that was committed before, whichever process did that."""

    def graph(self, asked: "Walk", call: "Call | None" = None) -> Any:
        """The answer to a question along relations (`substrate.interface.graph` says what each one gives).

        Raises NotFound (table, relation), Invalid (text that is no key; too many nodes; weights), Cancelled.
        """

    def vector_tables(self) -> list["VectorTable"]:
        """All tables of vectors, by their names."""

    def vector_topk(self, asked: "Nearest", call: "Call | None" = None) -> list["Hit"]:
        """The vectors nearest to one, best first, those with equal scores by their ids.

        Raises NotFound (no vector was ever put into the table), Invalid, Cancelled.
        """

    def search(self, asked: "Both", call: "Call | None" = None) -> list["FusedHit"]:
        """The ids that are best by words and nearness together.

        Raises NotFound (the field, or the table of vectors), Invalid, Cancelled.
        """
