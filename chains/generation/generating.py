"""A conversation with a model, up to its questions or to a chain that is right.

describe --> ask --> questions          the person answers, in another request
              |  `-> a chain --> check --> right: done
              `----- what is wrong <--'           at most REPAIRS times
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chains import library
from chains.generation.answers import AnswerRefused, Questions, Written, read_answer
from chains.generation.sessions import Turn
from chains.library import is_name
from oql.formats import FormatError
from oql.formats.yaml_edits import EditRefused, set_value
from substrate.interface import SystemTables

REPAIRS = 3
"""How often a chain that is wrong goes back to the model."""

Ask = Callable[[Sequence[Turn]], str]
"""Puts a conversation to a model, and gives its answer."""
Check = Callable[[str, str], Sequence[str]]
"""What is wrong with the text of a chain that is to get a name."""
Tell = Callable[..., None]
"""`tell(type, **fields)`: tells who follows what happens."""


class GenerationFailed(Exception):
    """The model has written no chain that is right. The message is for people."""


def described(description: str) -> list[Turn]:
    """How a conversation begins."""
    return [Turn("user", f"Write a chain for this:\n\n{description.strip()}")]


def answered(turns: Sequence[Turn], answers: Any) -> list[Turn]:
    """A conversation with the answers to its questions: a text, a list in their order, or an object by question."""
    return [*turns, Turn("user", f"The answers:\n\n{_told(answers)}\n\nNow write the chain.")]


def _told(answers: Any) -> str:
    if isinstance(answers, Mapping):
        return "\n".join(f"{question}: {answer}" for question, answer in answers.items())
    if isinstance(answers, list):
        return "\n".join(f"{number}. {answer}" for number, answer in enumerate(answers, 1))
    return str(answers).strip()


def generate(turns: Sequence[Turn], ask: Ask, check: Check, tell: Tell) -> tuple[Questions | Written, list[Turn]]:
    """What the model comes to, and the conversation with all that was said.

    Raises GenerationFailed, and what `ask` raises.
    """
    said = list(turns)
    problems: Sequence[str] = ()
    for left in reversed(range(REPAIRS + 1)):
        text = ask(said)
        said.append(Turn("assistant", text))
        try:
            answer = read_answer(text)
        except AnswerRefused as error:
            problems = [str(error)]
        else:
            if isinstance(answer, Questions):
                return answer, said
            problems = check(answer.name, answer.text)
            tell("tool", tool="validate", raw="\n".join(problems) or "ok")
            if not problems:
                return answer, said
        if not left:
            break
        tell("progress", content=f"Repairing: {'; '.join(problems)}")
        said.append(Turn("user", _repair(problems)))
    raise GenerationFailed(f"Generation failed: {'; '.join(problems)}")


def _repair(problems: Sequence[str]) -> str:
    listed = "\n".join(f"- {problem}" for problem in problems)
    return f"That is not right yet:\n{listed}\n\nGive the whole JSON object again, with the chain repaired."


def free_name(tables: SystemTables, name: str) -> str:
    """The name, or with the first of `-2`, `-3`, ... that no saved chain has."""
    taken = {saved.name for saved in library.listed(tables, "chain")}
    number, free = 1, name
    while free in taken or not is_name(free):
        number += 1
        free = f"{name}-{number}"
    return free


def named(text: str, name: str) -> str:
    """The text with that name in it, where it can be put in without changing anything else."""
    try:
        return set_value(text, ("name",), name)
    except (EditRefused, FormatError):
        return text
