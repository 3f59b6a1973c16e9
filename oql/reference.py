"""The reference of the verbs, made from their declarations: as lines for a terminal, and as a page of Markdown."""

from collections.abc import Iterator
from types import ModuleType

from oql import verbs
from oql.values import to_json
from oql.verbs.declare import Example, Family, Verb

_INTRODUCTION = """# Verbs

Made by `oql verbs --markdown` from the declarations in `oql/verbs`.

In a form, words in capitals stand as they are, words in small letters are values, what stands in brackets may be left
out, and of words divided by `|` one is chosen. Behind every verb `SET ?name` keeps what it gives. An example shows
what the program emits, or without EMIT what its last step gives.
"""


def summary(verb: Verb) -> str:
    """What the verb does, in one line."""
    return verb.doc.partition("\n")[0]


def synonyms(verb: Verb) -> list[str]:
    """Other names of the same verb."""
    return [name for name, other in verbs.table().items() if other.function is verb.function and name != verb.name]


def families() -> dict[str, list[Verb]]:
    """The verbs that this build serves, by the titles of their families."""
    titles = _titles()
    found: dict[str, list[Verb]] = {}
    for verb in verbs.table().values():
        if not verb.needs:
            found.setdefault(titles[verb.family], []).append(verb)
    return dict(sorted(found.items()))


def unserved() -> dict[str, list[Verb]]:
    """The verbs that this build cannot serve, by what it lacks."""
    found: dict[str, list[Verb]] = {}
    for verb in verbs.table().values():
        if verb.needs:
            found.setdefault(verb.needs, []).append(verb)
    return found


def _titles() -> dict[str, str]:
    declared = [value for module in _modules() for value in vars(module).values() if isinstance(value, Family)]
    return {family.name: family.title or family.name.capitalize() for family in declared}


def _modules() -> Iterator[ModuleType]:
    verbs.table()  # imports them all
    yield from (value for value in vars(verbs).values() if isinstance(value, ModuleType))


# one verb


def facts(verb: Verb) -> list[str]:
    """What else there is to know: other names, execution class, error code, what is missing."""
    lines = []
    others = synonyms(verb)
    if others:
        lines.append(f"Also written {', '.join(others)}.")
    if verb.needs:
        lines.append(f"Not served by this build, which lacks {verb.needs}: fails with Unsupported.")
    lines.append(f"Class {verb.exec_class}. A wrong value is {verb.failure}.")
    return lines


def example_lines(example: Example) -> list[str]:
    """An example, formatted lines and its result."""
    program, result = example
    return [*program.split("\n"), f"(* gives {to_json(result).decode()} *)"]


def help_text(verb: Verb) -> str:
    """Everything about a verb, for a terminal."""
    examples = [f"    {line}" for example in verb.examples for line in example_lines(example)]
    return "\n".join([verb.usage, "", verb.doc, "", *facts(verb), *([""] if examples else []), *examples]) + "\n"


# the page


def markdown() -> str:
    """The page of all verbs."""
    parts = [_INTRODUCTION]
    for title, members in families().items():
        parts.append(f"## {title}\n")
        named = {verb.function: verb for verb in reversed(members)}
        parts += [_section(verb) for verb in members if named[verb.function] is verb]
    parts.append("## Not served by this build\n")
    parts.append("These words are known. They parse, and fail with `Unsupported`, which OR can catch.\n")
    parts.append("\n".join(_unserved_rows()) + "\n")
    return "\n".join(parts)


def _section(verb: Verb) -> str:
    lines = [f"### {verb.name}", "", "```", verb.usage, "```", "", verb.doc, "", *facts(verb), ""]
    if verb.examples:
        blocks = ["\n".join(example_lines(example)) for example in verb.examples]
        lines += ["```", "\n\n".join(blocks), "```", ""]
    return "\n".join(lines)


def _unserved_rows() -> Iterator[str]:
    yield from ("| needs | verbs |", "|---|---|")
    for needs, members in sorted(unserved().items()):
        yield f"| {needs} | {', '.join(f'`{verb.name}`' for verb in members)} |"
