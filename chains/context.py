"""What a model gets to read of the variables of a chain: all of them, cut, or summarized.

A step's context_strategy names what is done with a variable: `full`, `truncate:N` or `summarize`. Beyond the chain's
max_context_chars the variables of a prompt are summarized, those that were written first before the others; what a
strategy names is left to it, and so are short values, which nothing would be gained by.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from chains.asking import Asks, answer
from chains.default_models import CHEAP
from chains.references import Reference, Scope, joined, template
from chains.spec import Retry
from chains.transforms import truncated
from chains.work import Level
from oql.errors import OqlError

WORTH_SUMMARIZING = 200
"""Characters that a value has to have before it is summarized by itself."""
_PROMPT = """\
Summarize the following text. Keep every fact, name, number and decision that later work could need, and leave out the \
rest. Answer with the summary alone, in the language of the text.

<text>
{}
</text>"""


class Log(Protocol):
    """Tells those who follow an execution something."""

    def __call__(self, message: str, level: Level = "info", /) -> None:
        """Tells it."""


@dataclass(frozen=True, slots=True)
class View:
    """How variables go into a prompt. `strategies`: of the step, by names of variables; `most`: characters that they
    may have together, None for any number; `summarize(name, value)` gives a summary, or the value where there is
    none."""

    strategies: Mapping[str, str]
    most: int | None
    summarize: Callable[[str, str], str]
    log: Log

    def strategy(self, reference: Reference) -> str:
        """That of a reference, by the name of its variable; `{input.x}` and members of `x` are `x` too."""
        inner = reference.second if reference.first == "input" else ""
        names = (reference.name, inner, reference.first)
        return next((self.strategies[name] for name in names if name in self.strategies), "")


def prompt_text(text: str, scope: Scope, view: View) -> str:
    """A text with its references filled in, for a model. The variables of the scope stand in the order in which they
    were written."""
    parts = template(text).parts
    references = {part.written: part for part in parts if isinstance(part, Reference)}
    values = {written: scope.value(reference) for written, reference in references.items()}
    view = replace(view, summarize=_once_each(view.summarize))
    for written, reference in references.items():
        if values[written] != written:
            values[written] = _shown(reference, values[written], view)
    if view.most is not None and _size(references, values) > view.most:
        _shorten(references, values, scope, view, view.most)
    return joined([part if isinstance(part, str) else values[part.written] for part in parts])


def _once_each(summarize: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """The same, which makes one summary of a value that stands under several names."""
    made: dict[str, str] = {}

    def summary(name: str, value: str) -> str:
        if value not in made:
            made[value] = summarize(name, value)
        return made[value]

    return summary


def _shown(reference: Reference, value: str, view: View) -> str:
    strategy = view.strategy(reference)
    if strategy.startswith("truncate:"):
        return truncated(value, int(strategy.removeprefix("truncate:")))
    return view.summarize(reference.name, value) if strategy == "summarize" and value.strip() else value


def _size(references: Mapping[str, Reference], values: Mapping[str, str]) -> int:
    """The characters of all variables, each counted once; what stands for nothing is none."""
    return sum(map(len, {references[each].name: value for each, value in values.items() if value != each}.values()))


def _shorten(references: Mapping[str, Reference], values: dict[str, str], scope: Scope, view: View, most: int) -> None:
    """Summarizes until the variables fit, or none is left that could be."""
    order = {name: place for place, name in enumerate(scope.variables)}
    earliest_first = sorted(
        (each for each in references.values() if not view.strategy(each) and values[each.written] != each.written),
        key=lambda each: min(order.get(name, len(order)) for name in (each.name, each.first)),
    )
    done: set[str] = set()
    for reference in earliest_first:
        value = values[reference.written]
        if reference.written in done or len(value) < WORTH_SUMMARIZING or _size(references, values) <= most:
            continue
        view.log(f"Context exceeds {most} characters: summarizing {reference.name}", "info")
        same = [each.written for each in earliest_first if values[each.written] == value]
        values |= dict.fromkeys(same, view.summarize(reference.name, value))
        done.update(same)


def summarizing(work: Asks, seconds: float) -> Callable[[str, str], str]:
    """What summarizes a value for a step: one call of a model for each variable; the value itself where that fails."""

    def summarize(name: str, value: str) -> str:
        try:
            told = answer(
                work,
                _PROMPT.format(value),
                models=[CHEAP],
                seconds=seconds,
                name=f"summary.{name}.{sha256(value.encode()).hexdigest()[:8]}",
                retry=Retry(max=1),
                tell=lambda text: None,
            )
        except OqlError as error:
            if error.final:
                raise
            work.log(f'Variable "{name}" was not summarized: {error.message}', "warn")
            return value
        return told.text.strip() or value

    return summarize
