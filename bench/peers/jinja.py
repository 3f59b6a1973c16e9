"""The sandbox of Jinja2: templates of other people in a Python process."""

from bench.figures import Absent
from bench.peers import library
from bench.rounds import Side, absence, again

JINJA = "Jinja2 sandbox"


def jinja(template: str, parts: int, **values: object) -> Side | Absent:
    """Renders a template that was compiled before."""
    try:
        sandbox = library("jinja2.sandbox")
    except ImportError as failure:
        return absence(failure)
    render = sandbox.SandboxedEnvironment().from_string(template).render
    return again(lambda: render(**values), parts)
