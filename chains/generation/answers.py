"""What a model answers that is asked for a chain: questions, or a chain."""

import re
from dataclasses import dataclass
from typing import Any

from chains.generation.prompt import FEWEST_QUESTIONS, MOST_QUESTIONS
from chains.library import LONGEST_NAME, is_name
from oql import json
from oql.formats import FormatError
from oql.formats.yaml import write
from oql.models.json_answers import read_object

MOST_SUMMARY = 500
_FENCE = re.compile(r"\A```[a-z]*\s*\n(?P<inside>.*?)\n?```\Z", re.DOTALL)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._]+")
_SUFFIX = 8


@dataclass(frozen=True, slots=True)
class Questions:
    """What the model wants to know first."""

    questions: list[str]


@dataclass(frozen=True, slots=True)
class Written:
    """A chain that a model has written; whether it is right is not known yet."""

    name: str
    text: str
    summary: str


class AnswerRefused(ValueError):
    """An answer that is neither; the message is for the model."""


def read_answer(text: str) -> Questions | Written:
    """What an answer says. Raises AnswerRefused."""
    try:
        answer = read_object(text)
    except json.JsonError as error:
        raise AnswerRefused(f"the answer is not the JSON object that was asked for: {error.message}") from None
    if not isinstance(answer, dict):
        raise AnswerRefused("the answer is not a JSON object")
    questions = answer.get("questions")
    if isinstance(questions, list) and questions and not answer.get("yaml"):
        return _questions(questions)
    if not answer.get("yaml"):
        raise AnswerRefused('the answer has neither "questions" nor "yaml"')
    return Written(name_of(answer.get("name")), _yaml(answer["yaml"]), _summary(answer.get("summary")))


def _questions(given: list[Any]) -> Questions:
    """The first of the questions; an answer with fewer than there must be is none."""
    asked = [text for each in given if (text := str(each).strip())]
    if len(asked) < FEWEST_QUESTIONS:
        how_many = f"expected {FEWEST_QUESTIONS} to {MOST_QUESTIONS} texts, found {len(asked)}"
        raise AnswerRefused(f'"questions": {how_many}; ask so many, or take what is sensible and give the chain')
    return Questions(asked[:MOST_QUESTIONS])


def name_of(given: Any) -> str:
    """A name for a chain that comes as near as can be to what was given; `chain` where nothing of it is left."""
    name = _NOT_IN_NAMES.sub("-", str(given or "").strip().lower()).strip("-._")
    name = re.sub(r"\.{2,}", ".", name)[: LONGEST_NAME - _SUFFIX]
    return name if is_name(name) else "chain"


def _yaml(given: Any) -> str:
    """The text of the chain: as it is, without a fence around it; YAML where it came as an object."""
    if isinstance(given, str):
        fenced = _FENCE.match(given.strip())
        text = fenced["inside"] if fenced else given
        return text if text.endswith("\n") else f"{text}\n"
    try:
        return write(given, lambda _: None)
    except FormatError as error:
        raise AnswerRefused(f'"yaml" is not the text of a chain: {error.message}') from None


def _summary(given: Any) -> str:
    return str(given or "").strip()[:MOST_SUMMARY]
