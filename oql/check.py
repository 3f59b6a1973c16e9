"""Everything that can be known to be wrong with a program before it runs, reported all at once."""

import math
import re
from collections.abc import Iterator
from itertools import islice

from oql import ast, verbs
from oql.conditions import OPERATORS
from oql.errors import Code, Fix, OqlError, Span, expected, nearest, not_allowed, unknown
from oql.parser import MAX_ERRORS
from oql.people.checks import form_errors
from oql.system import SYSTEM, system_error
from oql.transaction_rules import transaction_errors
from oql.verbs.declare import Parameter, Verb
from oql.walk import bindings_inside, conditions_of, operands_of, steps
from oql.where import where_errors

MAX_BINDINGS = 1_000_000
"""How many names blocks may bind, a name inside n blocks counted n times: so large do compiled programs get."""

MAX_CONDITION_DEPTH = 200
"""How many conditions may stand inside each other."""

_PAIR = r"write both halves, such as \ud83d\ude00"
_SURROGATE = re.compile("[\ud800-\udfff]")


def check(tree: ast.Program, max_depth: int, unread: frozenset[int] = frozenset()) -> list[OqlError]:
    """The static errors of a tree in the order of their places.

    `unread`: ends of what stands before a syntax error; a step that ends there may have had more, so that nothing is
    said of what it lacks.
    """
    if tree.depth > max_depth:
        place = _first_span(tree)
        return [OqlError(Code.LIMIT_EXCEEDED, f"more than {max_depth} blocks stand inside each other", place)]
    if bindings_inside(tree.chains) > MAX_BINDINGS:
        message = "too many variables are set in blocks inside each other"
        return [OqlError(Code.LIMIT_EXCEEDED, message, _first_span(tree), "divide the program")]
    every = (error for step in steps(tree.chains) for error in _step_errors(step, unread))
    found = islice((error for error in every if not _unfinished(error, unread)), MAX_ERRORS)
    return sorted(found, key=lambda error: error.span.start if error.span else 0)


def _unfinished(error: OqlError, unread: frozenset[int]) -> bool:
    """Whether an error says that something ends too early where only reading broke off."""
    return error.message.startswith("expected a comparison") and error.span is not None and error.span.end in unread


def _first_span(tree: ast.Program) -> Span:
    return next((step.span for step in steps(tree.chains) if ast.blocks_of(step)), Span(0, 0))


def _step_errors(step: ast.Step, unread: frozenset[int]) -> Iterator[OqlError]:
    match step:
        case ast.VerbStep():
            yield from _verb_errors(step, complete=step.span.end not in unread)
        case ast.If():
            for condition, _ in step.arms:
                yield from _condition_errors(condition, step.some)
        case ast.While():
            yield from _condition_errors(step.condition, step.some)
        case ast.Foreach() if step.variable.path:
            yield not_allowed(Code.PARSE_ERROR, "a selector", "on a loop variable", step.variable.span)
    words_allowed = isinstance(step, ast.VerbStep)
    for operand in operands_of(step):
        yield from _operand_errors(operand, words_allowed)


def _operand_errors(operand: ast.Operand, words_allowed: bool) -> Iterator[OqlError]:
    parts = operand.parts if isinstance(operand, ast.Concatenation) else (operand,)
    for part in parts:
        if isinstance(part, ast.System):
            error = system_error(part)
            if error:
                meant = nearest(part.name, SYSTEM)
                name = Span(part.span.start + 1, part.span.start + 1 + len(part.name))
                error.ideas = (Fix(name, meant),) if meant else ()
                yield error
        elif isinstance(part, ast.Literal) and isinstance(part.value, float) and not math.isfinite(part.value):
            yield OqlError(Code.PARSE_ERROR, "the number is too large", part.span, "write a number below 1.8e308")
        elif isinstance(part, ast.Literal) and isinstance(part.value, str) and _SURROGATE.search(part.value):
            yield OqlError(Code.PARSE_ERROR, "half of a surrogate pair is not a character", part.span, _PAIR)
        elif isinstance(part, ast.Word) and (not words_allowed or part is not operand):
            yield _stray_word(part)


def _stray_word(word: ast.Word) -> OqlError:
    hint = "put text in quotes, and `?` before a variable's name"
    return expected(Code.PARSE_ERROR, "a value", f"`{word.text}`", word.span, hint)


def _condition_errors(condition: ast.Condition, some: bool) -> Iterator[OqlError]:
    if isinstance(condition, ast.Combined | ast.Negated) and condition.depth > MAX_CONDITION_DEPTH:
        yield _too_deep(condition)
        return
    for part in conditions_of(condition):
        if isinstance(part, ast.Truth):
            found = "the end of the condition"
            hint = "write a comparison such as `IS EQUAL TO true`"
            yield expected(Code.PARSE_ERROR, "a comparison", found, part.span, hint)
        elif isinstance(part, ast.Comparison) and OPERATORS[part.operator].some_only and not some:
            hint = f"write `{part.operator.replace('ARE', 'IS')}`, or IF SOME to ask for any element"
            yield not_allowed(Code.PARSE_ERROR, f"`{part.operator}`", "without SOME", part.operator_span, hint)


# verbs


def _verb_errors(step: ast.VerbStep, complete: bool) -> Iterator[OqlError]:
    verb = verbs.table()[step.verb]
    if complete or step.operands:
        yield from _operand_count(step, verb)
    yield from _block_errors(step, verb)
    seen: set[str] = set()
    for modifier in step.modifiers:
        yield from _modifier_errors(verb, modifier, modifier.keyword in seen)
        seen.add(modifier.keyword)
    if complete and not seen - verb.modifiers.keys():
        yield from _missing(step, verb, seen)
    yield from _target_errors(step, verb)
    if verb.transacts:
        yield from transaction_errors(step)
    if verb.operand:
        for operand in step.operands:
            yield from _value_errors(verb.operand, operand)


def _operand_count(step: ast.VerbStep, verb: Verb) -> Iterator[OqlError]:
    count = len(step.operands)
    if verb.block in ("items", "pairs", "fields"):
        return
    if verb.operand is None and count:
        hint = f"the form is {verb.usage}"
        span = Span(step.verb_span.end, step.operands[-1].span.end)
        what = f"no operand behind `{verb.name}`"
        yield expected(Code.PARSE_ERROR, what, "a value", step.operands[0].span, hint, (Fix(span, ""),))
    elif verb.operand and verb.operand.required and not count:
        hint = f"the form is {verb.usage}"
        yield expected(Code.PARSE_ERROR, f"a value behind `{verb.name}`", "none", step.verb_span, hint)
    elif verb.operand and not verb.operand.many and count > 1:
        hint = "a list of values is made by ENLIST; a step begins with a verb"
        yield expected(Code.PARSE_ERROR, f"one value behind `{verb.name}`", "several", step.operands[1].span, hint)


def _block_errors(step: ast.VerbStep, verb: Verb) -> Iterator[OqlError]:
    takes_value = verb.operand is not None and bool(step.operands)
    if (
        verb.block == "steps"
        and step.block is None
        and not (takes_value and verb.operand and not verb.operand.required)
    ):
        yield OqlError(Code.PARSE_ERROR, f"`{verb.name}` needs a block", step.verb_span, "add OPEN NEST ... CLOSE NEST")
    if verb.emits_into and takes_value and step.block is not None:
        yield OqlError(
            Code.PARSE_ERROR, f"`{verb.name}` takes a body or a block, not both", step.verb_span, "leave one out"
        )
    if verb.block == "entries" and (step.block is not None) == bool(step.operands):
        found = "both" if step.operands else "neither"
        what = f"either a value or a block behind `{verb.name}`"
        yield expected(Code.PARSE_ERROR, what, found, step.verb_span, f"the form is {verb.usage}")
    yield from (_stray_word(value) for value in _block_values(step.block) if isinstance(value, ast.Word))
    if isinstance(step.block, ast.Pairs):
        for key, _ in step.block.pairs:
            if isinstance(key, ast.Literal) and not isinstance(key.value, str):
                yield expected(Code.PARSE_ERROR, "a key in quotes", "another value", key.span)
    if isinstance(step.block, ast.Fields):
        yield from form_errors(step.block)


def _block_values(block: ast.AnyBlock | None) -> list[ast.Operand]:
    """The operands inside a block that are values; keys of an object may be bare words."""
    match block:
        case ast.Items():
            return list(block.operands)
        case ast.Pairs():
            return [value for _, value in block.pairs]
        case ast.Fields():
            return [operand for field in block.fields for operand in (field.label, *field.choices)]
        case ast.Entries():
            return [entry.code for entry in block.entries]
    return []


def _modifier_errors(verb: Verb, modifier: ast.Modifier, repeated: bool) -> Iterator[OqlError]:
    parameter = verb.modifiers.get(modifier.keyword)
    if parameter is None:
        what, where = f"`{modifier.keyword}`", f"with `{verb.name}`"
        yield not_allowed(Code.PARSE_ERROR, what, where, modifier.span, _takes(verb), _instead(verb, modifier))
    elif repeated:
        yield OqlError(Code.PARSE_ERROR, f"`{modifier.keyword}` stands twice", modifier.span, "leave one out")
    elif parameter.kind.role == "condition":
        yield from _where_errors(modifier.value)
    elif isinstance(modifier.value, ast.Truth):
        yield from _value_errors(parameter, modifier.value.operand)
    elif modifier.keyword == "WHERE":
        message = f"a value behind WHERE of `{verb.name}`"
        yield expected(Code.PARSE_ERROR, message, "a condition", modifier.value.span)
    else:
        yield from _value_errors(parameter, modifier.value)  # type: ignore[arg-type]  # only WHERE holds conditions


def _instead(verb: Verb, modifier: ast.Modifier) -> tuple[Fix, ...]:
    """The modifiers of a verb that may be meant by one that it does not take, those first that it must have."""
    likely = sorted(verb.modifiers, key=lambda keyword: not verb.modifiers[keyword].required)
    return tuple(Fix(modifier.span, keyword) for keyword in likely[:2])


def _where_errors(condition: ast.Condition | ast.Operand) -> Iterator[OqlError]:
    if isinstance(condition, ast.Combined | ast.Negated) and condition.depth > MAX_CONDITION_DEPTH:
        yield _too_deep(condition)
    else:
        yield from where_errors(condition)


def _too_deep(condition: ast.Condition) -> OqlError:
    message = f"more than {MAX_CONDITION_DEPTH} conditions stand inside each other"
    return OqlError(Code.LIMIT_EXCEEDED, message, condition.span)


def _value_errors(parameter: Parameter, operand: ast.Operand) -> Iterator[OqlError]:
    choices = parameter.kind.choices
    if isinstance(operand, ast.Word) and not choices and parameter.keyword != "AS":
        yield _stray_word(operand)
        return
    text = (
        operand.text if isinstance(operand, ast.Word) else operand.value if isinstance(operand, ast.Literal) else None
    )
    if choices and isinstance(text, str) and text not in choices:
        listed = " or ".join(f'"{choice}"' for choice in choices)
        error = unknown(Code.PARSE_ERROR, listed, text, choices, operand.span)
        error.ideas = tuple(Fix(operand.span, f'"{choice}"') for choice in (nearest(text, choices),) if choice)
        yield error


def _missing(step: ast.VerbStep, verb: Verb, given: set[str]) -> Iterator[OqlError]:
    required = [keyword for keyword, parameter in verb.modifiers.items() if parameter.required and keyword not in given]
    if required:
        yield _lacks(step, verb, required[0])
    elif verb.forms and not any(set(form) <= given for form in verb.forms):
        forms = ", or ".join(" and ".join(form) for form in verb.forms)
        yield _lacks(step, verb, forms)
    for modifier in step.modifiers:
        needed = verb.only_with.get(modifier.keyword)
        if needed and needed not in given:
            message = f"`{modifier.keyword}` of `{verb.name}` needs {needed}"
            yield OqlError(Code.PARSE_ERROR, message, modifier.span, f"the form is {verb.usage}")


def _lacks(step: ast.VerbStep, verb: Verb, keyword: str) -> OqlError:
    hint = verb.missing_hints.get(keyword, f"the form is {verb.usage}")
    return OqlError(Code.PARSE_ERROR, f"`{verb.name}` needs {keyword}", step.verb_span, hint)


def _takes(verb: Verb) -> str:
    if not verb.modifiers:
        return f"`{verb.name}` takes no modifiers"
    guess = ", ".join(verb.modifiers)
    return f"`{verb.name}` takes {guess}"


def _target_errors(step: ast.VerbStep, verb: Verb) -> Iterator[OqlError]:
    if not verb.rebinds or step.target:
        return
    for modifier in step.modifiers:
        if modifier.keyword == verb.rebinds and not isinstance(modifier.value, ast.Variable):
            hint = "name a variable, or keep the result with SET ?name"
            message = f"a variable behind {verb.rebinds}"
            yield expected(Code.PARSE_ERROR, message, "a value", _span_of(modifier), hint)


def _span_of(modifier: ast.Modifier) -> Span:
    return modifier.value.span
