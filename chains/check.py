"""What has to hold between the steps of a chain, and inside their texts, before anything runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ParamSpec

from chains import conditions, spec
from chains.elements import element_step
from chains.fields import Written
from chains.problems import Problems
from chains.spec import Chain, Step
from oql import program
from oql.errors import Code, OqlError, ProgramError
from oql.formats.yaml import Path
from oql.regex import compile_pattern
from oql.source import Source

Numbered = list[tuple[int, Step]]
P = ParamSpec("P")
MOST_STEPS = 5_000
"""Of a chain. What is checked of each may look at all others."""


def check(chain: Chain | None, steps: Sequence[Step | None], problems: Problems) -> None:
    """Adds every problem of the steps that could be read; of the chain as a whole, where all could."""
    if len(steps) > MOST_STEPS:
        problems.add(("steps",), f"expected at most {MOST_STEPS:,} steps, found {len(steps):,}")
        return
    numbered = [(number, step) for number, step in enumerate(steps) if step is not None]
    for number, step in numbered:
        for path, message in _wrong_inside(step):
            problems.add(("steps", number, *path), message, step=step.id)
    if chain is None or len(numbered) != len(steps):
        return
    _check_ids(numbered, problems)
    if chain.output not in {step.output_var for step in chain.steps}:
        problems.add(("output",), _unknown_output(chain.output))
    _check_dependencies(numbered, problems)


def check_names(steps: Sequence[Any], output: Any, problems: Problems) -> None:
    """Adds the unknown steps and output that a text names of which not all could be read.

    Names that the text does not have, or that are wrong themselves, may be those that are meant: then nothing is said.
    """
    ids, written = (_names(steps, part, problems) for part in ("id", "output_var"))
    if written and isinstance(output, str) and output not in written:
        problems.add(("output",), _unknown_output(output))
    known = frozenset(ids)
    for number, step in enumerate(steps if ids else ()):
        needs = step.get("depends_on")
        for place, need in enumerate(needs if isinstance(needs, list) else ()):
            if isinstance(need, str) and need not in known:
                problems.add(("steps", number, "depends_on", place), _unknown_need(ids[number], need), step=ids[number])


def _names(steps: Sequence[Any], part: str, problems: Problems) -> list[str]:
    """What a part of each step is, as it is written; nothing where that is not right for all of them."""
    wrong = {problem.path for problem in problems.errors}
    given = [step.get(part) if isinstance(step, dict) else None for step in steps]
    texts = [each.text if isinstance(each, Written) else each for each in given]
    found = [
        each for number, each in enumerate(texts) if isinstance(each, str) and f"steps.{number}.{part}" not in wrong
    ]
    return found if len(found) == len(steps) else []


def _unknown_need(step: str, need: str) -> str:
    return f'Step "{step}" depends on unknown step "{need}"'


def _unknown_output(name: str) -> str:
    return f'Chain output "{name}" does not match any step output_var'


def _wrong_inside(step: Step) -> Iterator[tuple[Path, str]]:
    """What a step cannot do without or with, by itself; that of its step_template too."""
    yield from _texts_of(step)
    yield from _demands_of(step)
    if isinstance(step, spec.Loop) and step.step_template is not None:
        try:
            element = element_step(step)
        except ValueError:  # told when its fields were read
            return
        for path, message in _wrong_inside(element):
            yield ("step_template", *path), message


def _check_ids(numbered: Numbered, problems: Problems) -> None:
    met: set[str] = set()
    for number, step in numbered:
        if step.id in met:
            problems.add(("steps", number, "id"), f'Duplicate step id "{step.id}"', step=step.id)
        met.add(step.id)


# the graph

_MOST_TOLD_APART = 500
"""Steps of a circle, for which it is looked up which of them are in it and which only wait for it."""


def dependencies(steps: Sequence[Step]) -> dict[str, list[str]]:
    """The steps that each one waits for: those it names, and a router that names it."""
    found = {step.id: list(dict.fromkeys(step.depends_on)) for step in steps}
    for step in steps:
        if isinstance(step, spec.Router):
            for chosen in {each for route in step.routes.values() for each in route}:
                if chosen in found and step.id not in found[chosen]:
                    found[chosen].append(step.id)
    return found


def waves(needs: dict[str, list[str]]) -> tuple[list[list[str]], list[str]]:
    """The steps in the waves in which they can run, and those that wait for each other in a circle, or for such."""
    followers: dict[str, list[str]] = {name: [] for name in needs}
    missing = {}
    for name, found in needs.items():
        known = {need for need in found if need in needs}
        missing[name] = len(known)
        for need in known:
            followers[need].append(name)
    place = {name: number for number, name in enumerate(needs)}
    ordered: list[list[str]] = []
    ready = [name for name, count in missing.items() if not count]
    while ready:
        ordered.append(ready)
        freed = []
        for name in ready:
            del missing[name]
            for follower in followers[name]:
                missing[follower] -= 1
                if not missing[follower]:
                    freed.append(follower)
        ready = sorted(freed, key=place.__getitem__)
    return ordered, list(missing)


def ancestors(needs: dict[str, list[str]], name: str) -> set[str]:
    """All steps that one waits for, also by others."""
    found: set[str] = set()
    looked_at = [name]
    while looked_at:
        for need in needs.get(looked_at.pop(), ()):
            if need not in found:
                found.add(need)
                looked_at.append(need)
    return found


def _check_dependencies(numbered: Numbered, problems: Problems) -> None:
    steps = [step for _, step in numbered]
    known = {step.id: step for step in steps}
    needs = dependencies(steps)
    for number, step in numbered:
        for place, need in enumerate(step.depends_on):
            if need not in known:
                problems.add(("steps", number, "depends_on", place), _unknown_need(step.id, need), step=step.id)
        for path, message in _references_of(step, known, needs):
            problems.add(("steps", number, *path), message, step=step.id)
    _, circle = waves(needs)
    if len(circle) <= _MOST_TOLD_APART:
        circle = [name for name in circle if name in ancestors(needs, name)]
    if circle:
        problems.add(("steps",), f"Circular dependency detected among steps: {', '.join(circle)}")


def _references_of(step: Step, known: dict[str, Step], needs: dict[str, list[str]]) -> Iterator[tuple[Path, str]]:
    if isinstance(step, spec.Router):
        for key, chosen in step.routes.items():
            for place, name in enumerate(chosen):
                if name not in known:
                    yield ("routes", key, place), f'Step "{step.id}" routes to unknown step "{name}"'
    if isinstance(step, spec.Evaluator) and step.on_fail == "retry":
        target = retry_target(step, list(known.values()))
        if target is None:
            yield ("input_var",), f'no step writes "{step.input_var}", so none can be run again'
        elif target not in known:
            yield ("retry_target",), f'retry_target "{target}" is not a step'
        elif isinstance(known[target], spec.Gate):
            yield ("retry_target",), f'retry_target "{target}" is a gate, which is not asked again'
        elif target not in ancestors(needs, step.id):
            yield ("retry_target",), f'retry_target "{target}" is no step that "{step.id}" waits for'


def retry_target(step: spec.Evaluator, steps: Sequence[Step]) -> str | None:
    """The step that an evaluator runs again: the one it names, else the one that writes what it judges."""
    return step.retry_target or next((other.id for other in steps if other.output_var == step.input_var), None)


# the texts of one step

_CONDITIONS = ("condition", "early_exit_if", "gate_auto_approve_if", "loop_until")


def conditions_of(given: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The conditions among the fields of a step that cannot be read."""
    for name in _CONDITIONS:
        text = given.get(name)
        if isinstance(text, str) and text:
            yield from _refused((name,), conditions.condition, text)


def _texts_of(step: Step) -> Iterator[tuple[Path, str]]:
    """Regular expressions and programs that cannot be read."""
    if isinstance(step, spec.TransformStep) and step.regex:
        yield from _refused(("regex",), compile_pattern, step.regex, Code.CHAIN_FAILED)
    for place, rule in enumerate(step.guardrails):
        if rule.type == "regex_match":
            path: Path = ("guardrails", place, "value")
            yield from _refused(path, compile_pattern, rule.value, Code.CHAIN_FAILED)
    if isinstance(step, spec.Oql):
        yield from _refused_program(step.program)


def _refused(path: Path, read: Callable[P, object], *text: P.args, **named: P.kwargs) -> Iterator[tuple[Path, str]]:
    try:
        read(*text, **named)
    except OqlError as error:
        yield path, error.message


def _refused_program(text: str) -> Iterator[tuple[Path, str]]:
    try:
        program.load(text)
    except ProgramError as error:
        source = Source(text)
        for each in error.errors:
            at = source.position(each.span.start) if each.span else None
            meant = f"; {each.hint}" if (each.hint or "").startswith("did you mean") else ""
            yield ("program",), (f"line {at.line}, column {at.column}: " if at else "") + each.message + meant


def _demands_of(step: Step) -> Iterator[tuple[Path, str]]:
    """What a type of step cannot do without."""
    if step.needs_prompt and not step.prompt.strip():
        yield ("prompt",), f"is required for steps of the type `{step.type}`"
    if isinstance(step, spec.Router) and step.default_route and step.default_route not in step.routes:
        yield ("default_route",), f'default_route "{step.default_route}" is not one of the routes'
    if isinstance(step, spec.Evaluator) and not (step.criteria.strip() or step.prompt.strip()):
        yield ("criteria",), "is required where there is no prompt"
    if isinstance(step, spec.Merge) and not step.inputs:
        yield ("inputs",), f'Merge step "{step.id}" requires a non-empty "inputs" array'
    if isinstance(step, spec.Debate) and not step.debate_agents:
        yield ("debate_agents",), f'Debate step "{step.id}" has no agents defined'
    if isinstance(step, spec.Loop) and step.step_template is None and not step.prompt.strip():
        yield ("step_template",), "is required where there is no prompt"
    if isinstance(step, spec.Subchain) and not step.subchain.strip():
        yield ("subchain",), f'Step "{step.id}" missing "subchain" field'
    if isinstance(step, spec.Webhook) and not step.webhook_url.strip():
        yield ("webhook_url",), f'Webhook step "{step.id}" missing webhook_url'
    for place, rule in enumerate(step.guardrails):
        if rule.type in ("max_length", "min_length") and not rule.value.strip().isdecimal():
            yield ("guardrails", place, "value"), "expected a whole number"
        elif rule.type != "json_valid" and not rule.value:
            yield ("guardrails", place, "value"), "is required"
