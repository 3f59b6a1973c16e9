"""Executions that ended long ago are forgotten, with all that is inside them."""

from oql.jobs.pruning import prune
from tests.chains.running.driving import Here

INNER = (
    'name: x\noutput: a\nsteps:\n  - {id: a, type: transform, operation: template, template_str: "A", output_var: a}\n'
)
OUTER = "name: x\noutput: a\nsteps:\n  - {id: a, type: subchain, subchain: inner, output_var: a}\n"
TABLES = ("job", "execution", "execution_step", "execution_event", "journal", "wait")


def left(here: Here) -> dict[str, int]:
    """How many rows each table has."""
    return {name: int(str(here.namespace.system(f"SELECT count(*) FROM {name}")[0][0])) for name in TABLES}


def test_forgotten(anywhere: Here) -> None:
    anywhere.save("inner", INNER)
    anywhere.run(OUTER)
    assert left(anywhere)["execution"] == 2
    now = anywhere.now()
    anywhere.namespace.write(lambda frame: prune(frame, now + 100, 50.0, None))
    assert left(anywhere)["execution"] == 2
    anywhere.namespace.write(lambda frame: prune(frame, now + 100, 5.0, 200.0))
    assert left(anywhere)["execution"] == 2
    assert anywhere.namespace.write(lambda frame: prune(frame, now + 100, 5.0, 50.0)) == 2
    assert set(left(anywhere).values()) == {0}
