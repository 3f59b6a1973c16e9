"""The dialogue itself: what is kept between inputs, and what an input does. Knows no terminal."""

import click

from oql import ast, engine, verbs
from oql.cache import MemoryCache
from oql.cli import answers
from oql.cli.environment import environment_for
from oql.cli.files import files_for
from oql.cli.interrupt import cancelling
from oql.cli.refusal import Refused
from oql.cli.repl.commands import SAID, carry_out
from oql.cli.store import databases_for, tell_workers
from oql.context import CancelFlag
from oql.engine import Outcome
from oql.errors import ProgramError
from oql.limits import Limits
from oql.local import local_context
from oql.parser import parse
from oql.program import Program, inspect
from oql.source import Source
from oql.values import Value
from oql.verbs.declare import Verb

LAST = "_"
"""The variable that keeps the value of the last step that kept it nowhere: `?_`."""

_KEPT = "__last"
_GOING_ON = "  = here: an input that ends with AFTER, AND or OR goes on in the next line; Alt-Enter begins one, too"


class Dialogue:
    """One dialogue with its variables and its cache, on the data of a namespace."""

    def __init__(self, limits: Limits, namespace: str = "local") -> None:
        self.limits = limits
        self.namespace = namespace
        self.variables: dict[str, Value] = {}
        self.cache = MemoryCache()
        self.outcome: Outcome | None = None
        self.tracing = False
        self.failed = False
        self.ended = False

    def take(self, text: str) -> None:
        """Does what an input says: a command that begins with a colon, or a program."""
        line = SAID.get(text.strip(), text.strip())
        if line.startswith(":"):
            carry_out(self, line)
        elif line:
            self.run(Source(text, "<input>"))

    def run(self, source: Source) -> None:
        """Runs a program with the variables so far, and shows what it gives."""
        cancel = CancelFlag()
        context = local_context(self.namespace, limits=self.limits, cancel=cancel, cache=self.cache)
        try:
            with cancelling(cancel):
                verb = _last_verb(source.text)
                text = f"{source.text}\nSET ?{_KEPT}" if verb else source.text
                checked = inspect(text, source.name, self.limits)
                program = checked.compiled()
                answers.show_warnings(checked.warnings_given(self.variables), source)
                if program.asks_or_sends:
                    self.outcome = self._run_or_keep(program, context.namespace, cancel)
                else:
                    context.store = databases_for(program, context.namespace)
                    context.files = files_for(program, context.namespace)
                    context.environment = environment_for(program)
                    self.outcome = engine.run(program, context, self.variables)
                    tell_workers(program, context.store)
        except ProgramError as error:
            self.failed = True
            answers.show_error(error, source)
            if source.text.split(None, 1)[0] in ("AFTER", "AND", "OR"):
                click.echo(_GOING_ON, err=True)
            return
        except Refused as refused:
            self.failed = True
            refused.show()
            return
        self.variables = self.outcome.variables
        self._show(self.outcome, self._take_last(verb))

    def _run_or_keep(self, program: Program, namespace: str, cancel: CancelFlag) -> Outcome:
        """Runs a program that asks in the terminal, and is kept as a job where nobody answers."""
        from oql.cli.keeping import run_or_keep

        ended, body = run_or_keep(program, self.variables, {}, namespace, cancel, may_sideload=True)
        if ended.outcome.status == "suspended":
            answers.show_waiting(body, answers.answer_command(body["job_id"], namespace))
        return ended.outcome

    def _take_last(self, verb: Verb | None) -> Value:
        """The value of the last step, now in `?_`; null when it only says that something was done."""
        value = self.variables.pop(_KEPT, None)
        if verb and verb.effect != "pure" and value is True:
            return None
        if value is not None:
            self.variables[LAST] = value
        return value

    def _show(self, outcome: Outcome, last: Value) -> None:
        value = last if outcome.result is None else outcome.result
        if outcome.status == "suspended":
            self.failed = True
        elif outcome.error:
            self.failed = True
            answers.show_error(outcome.error, outcome.program.source)
        elif value is not None:
            answers.show_result(value)
        if self.tracing:
            self.show_trace()

    def show_trace(self) -> None:
        """Shows the steps of the last run."""
        from oql.cli.trace import show_trace

        if self.outcome:
            show_trace(self.outcome.trace_json())


def _last_verb(text: str) -> Verb | None:
    """The verb of a last step that gives a value and keeps it nowhere."""
    tree, errors = parse(text)
    if errors or not tree.chains:
        return None
    step = tree.chains[-1].groups[-1].steps[-1]
    if not isinstance(step, ast.VerbStep) or step.target:
        return None
    verb = verbs.table()[step.verb]
    return None if verb.acts or verb.rebinds else verb
