"""EXTRACT: takes a value out of another by key, JSONPath or regular expression."""

from itertools import islice

from oql.errors import Code, OqlError, expected, failed, nearest
from oql.regex import check_work, compile_pattern
from oql.values import Value, as_number, text_form
from oql.verbs.declare import Any, describe
from oql.verbs.objects import family
from oql.verbs.run import Run

_BYTES_PER_PLACE = 8
_KEYS_FOR_A_GUESS = 200
_LONGEST_SHOWN = 60


@family.verb(
    "EXTRACT",
    examples=[
        ('PARSE JSON \'{"a":{"b":7}}\' SET ?o AFTER EXTRACT ?o WHERE "a" SET ?v AFTER EMIT ?v', {"b": 7}),
        (
            'PARSE JSON \'[{"n":"x","p":5},{"n":"y","p":9}]\' SET ?o AFTER EXTRACT ?o WHERE "$[?@.p > 6].n"',
            "y",
        ),
        ('EXTRACT "order 42, item 7" WHERE "item ([0-9]+)"', "7"),
    ],
    quick=False,
)
def extract(run: Run, value: Any, *, where: Any) -> Value:
    """Takes a value out of an object by key, out of an object or array by JSONPath, out of text by pattern.

    A selector that begins with `$` is a JSONPath (RFC 9535): one match gives the value itself, several an
    array of them. An array also takes an index. A regular expression gives what its first group matched (of
    several the first that took part), without groups the whole match. No match is ExtractNoMatch.
    """
    if isinstance(where, bool) or not isinstance(where, (str, int, float)):
        raise expected(Code.EXTRACT_INVALID_SELECTOR, "a key, JSONPath or pattern behind WHERE", describe(where))
    selector = text_form(where)
    if isinstance(value, str):
        return _by_pattern(value, selector)
    if isinstance(value, dict) and selector in value:
        return value[selector]
    if selector.startswith("$"):
        return _by_path(run, value, selector)
    if isinstance(value, list):
        return _by_index(value, where)
    raise _missing(value, selector)


def _by_pattern(text: str, pattern: str) -> str:
    compiled = compile_pattern(pattern, Code.EXTRACT_INVALID_SELECTOR)
    check_work(compiled, text)
    found = compiled.search(text)
    if found is None:
        hint = "use PARSE JSON first, then a path" if pattern.startswith("$") else None
        raise failed(Code.EXTRACT_NO_MATCH, f"no match for /{pattern}/", hint)
    groups = (group for group in found.groups() if group is not None)
    return str(next(groups, found.group()))


def _by_path(run: Run, value: Value, path: str) -> Value:
    from oql.jsonpath import find  # loads its library, which most programs do not need

    found = find(path, value, lambda: run.look())
    run.claim(_BYTES_PER_PLACE * len(found))
    if not found:
        raise failed(Code.EXTRACT_NO_MATCH, f"no match for `{path}`")
    return found[0] if len(found) == 1 else found


def _by_index(array: list[Value], index: Value) -> Value:
    place = as_number(index)
    if isinstance(place, int) and -len(array) <= place < len(array):
        return array[place]
    hint = f"use `$[*].{_shown(index)}` for what each element has under a key" if place is None else None
    raise failed(Code.EXTRACT_NO_MATCH, f"no element `{_shown(index)}` in an array of {len(array)}", hint)


def _missing(value: Value, key: str) -> OqlError:
    if not isinstance(value, dict):
        return failed(Code.EXTRACT_NO_MATCH, f"nothing to extract from {describe(value)}")
    known = [known for known in islice(value, _KEYS_FOR_A_GUESS) if len(known) <= _LONGEST_SHOWN]
    guess = nearest(key, known) if len(key) <= _LONGEST_SHOWN else None
    hint = f"did you mean `{guess}`?" if guess else None
    return failed(Code.EXTRACT_NO_MATCH, f"no key `{_shown(key)}` in the object", hint)


def _shown(selector: Value) -> str:
    text = text_form(selector)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
