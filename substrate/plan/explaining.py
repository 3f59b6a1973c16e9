"""What the nodes of a plan cost: the plan is run node by node, each into a temporary table that the next one reads.

That costs more than the plan does in one statement, which is why the figures are of the nodes and not of the whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter_ns

from substrate.catalog import Catalog
from substrate.cipher import Cipher
from substrate.columns import Json
from substrate.engine import Connection, DialectName, Output, Statement
from substrate.interface import JsonRow, Plan
from substrate.plan.binding import Sql, bound
from substrate.plan.compiling import GRAMMAR
from substrate.plan.reading import Reader
from substrate.plan.select import Handed, Select, Writing
from substrate.plan.tree import IndexScan, Node, Scan, children
from substrate.plan.writing import select, step

_numbers = count(1)
"""Of temporary tables: each has a name of its own, for PostgreSQL keeps plans of statements by their text."""


def explain(
    plan: Plan, catalog: Catalog, dialect: DialectName, connection: Connection, cipher: Cipher
) -> tuple[list[JsonRow], Json]:
    """The rows of a plan, and for each node `{"op", "schema"?, "rows_out", "elapsed_us", "children"}`.

    `elapsed_us` includes the children; `schema` is said of leaves. The connection must be one that can make temporary
    tables; none is left. Raises Invalid and NotFound as `compile`, and what the connection raises.
    """
    reader = Reader(GRAMMAR)
    node = reader.node(plan, "")
    select(node, catalog, Writing(dialect))  # refuses what is wrong above before anything below is run
    run = _Run(catalog, connection, Writing(dialect), reader.operands)
    with run.cleaned():
        rows, tree = run.node(node)
        return run.fetched(rows, cipher), tree


@dataclass(slots=True)
class _Run:
    catalog: Catalog
    connection: Connection
    writing: Writing
    operands: list[Json]
    made: list[str] = field(default_factory=list)

    def node(self, node: Node) -> tuple[Select, Json]:
        """The rows of a node in a table, and what they have cost."""
        below = [self.node(child) for child in children(node)]
        begun = perf_counter_ns()
        handed = Handed.by(step(node, [rows for rows, _ in below], self.catalog, self.writing))
        name = self._filled(handed)
        [(rows_out,)] = self.connection.execute(f"SELECT count(*) FROM {name}")
        elapsed = (perf_counter_ns() - begun) // 1_000 + sum(tree["elapsed_us"] for _, tree in below)
        leaf = {"schema": node.schema} if isinstance(node, (Scan, IndexScan)) else {}
        trees = [tree for _, tree in below]
        cost = {"op": node.op, **leaf, "rows_out": rows_out, "elapsed_us": elapsed, "children": trees}
        return handed.given(Sql(name), self.writing), cost

    def _filled(self, handed: Handed) -> str:
        sql = handed.sql(ordered=True)
        name = f"_oc_explained_{next(_numbers)}"
        self.connection.execute(f"CREATE TEMPORARY TABLE {name} AS {sql.text}", bound(sql.binds, self.operands))
        self.made.append(name)
        return name

    def fetched(self, rows: Select, cipher: Cipher) -> list[JsonRow]:
        """The rows as an answer has them."""
        outputs = tuple(Output(column.name, column.type) for column in rows.columns)
        read = Statement("", (), outputs).reader(self.writing.dialect, cipher)
        return [read(row) for row in self.connection.execute(rows.sql().text)]

    @contextmanager
    def cleaned(self) -> Iterator[None]:
        """Leaves no table behind, neither where the block ends nor where it raises."""
        with self.connection.savepoint():
            yield
            for name in self.made:
                self.connection.execute(f"DROP TABLE {name}")
