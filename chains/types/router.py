"""A model chooses which steps run."""

from chains.choices import chosen_route
from chains.default_models import DEFAULT_MODELS
from chains.spec import Router
from chains.types.kind import StepType, always
from chains.work import Output, Work
from oql.errors import Code, failed


def perform(step: Router, work: Work) -> Output:
    """The key that was chosen; where none was, the answer in lower case."""
    told = work.ask(work.prompt(step.prompt), system=_system(step, work), default_model=DEFAULT_MODELS[step.type])
    answer = told.text.strip()
    if not answer:
        if not step.default_route:
            message = f'Router step "{step.id}" returned empty output and no default_route is configured'
            raise failed(Code.CHAIN_FAILED, message)
        return Output(step.default_route)
    key = chosen_route(answer, step.routes) or step.default_route
    if not key:
        work.log(f'Router step "{step.id}" chose no route: `{answer[:100]}`', "warn", once="none")
        return Output(answer.lower())
    return Output(key)


def _system(step: Router, work: Work) -> str:
    """The step's own, then what may be answered."""
    keys = f"Answer with exactly one of these words and nothing else: {', '.join(step.routes)}"
    return "\n\n".join(filter(None, (work.resolve(step.system), keys)))


def chosen_key(router: Router, output: str | None) -> str | None:
    """The key that a router has chosen, by its output; None where it chose none or was skipped (output None)."""
    return output if output in router.routes else None


def skipped(router: Router, key: str | None) -> set[str]:
    """The ids of the steps that a router skips when it has chosen `key`: those of its other routes only."""
    named = {name for route in router.routes.values() for name in route}
    return named.difference(router.routes.get(key, ()) if key is not None else ())


def skip_message(key: str | None) -> str:
    """What the log says of a step that a router skips."""
    return f"Skipped by router (route: {key or 'none'})"


ROUTER = StepType(perform, asks=always)
