"""What a question says, before any table is looked at."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

Direction: TypeAlias = Literal["asc", "desc"]
Function: TypeAlias = Literal["sum", "avg", "min", "max"]


class Operator(Enum):
    """How a column is compared. The value is the word that messages use."""

    IS = "is"
    IS_NOT = "is not"
    MORE = "more than"
    LESS = "less than"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or what stands in quotes, without them; for a value also several words."""

    text: str
    quoted: bool = False


Words: TypeAlias = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A column, compared with a value."""

    column: Words
    operator: Operator
    value: Term


@dataclass(frozen=True, slots=True)
class Subject:
    """The rows that a question is about: `open orders where total is more than 5`.

    The noun is a table, with a value of its status before it. Where it is `unmarked`, nothing stands between it and
    the first condition: the column of that has no words of its own, but is at the end of the noun.
    """

    noun: Words
    conditions: tuple[Condition, ...] = ()
    unmarked: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """`how many X`."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class Ranked:
    """`top N X by C`."""

    n: int
    subject: Subject
    key: Words
    direction: Direction


@dataclass(frozen=True, slots=True)
class Latest:
    """`last N X`, or `first N X`, in ascending direction."""

    n: int
    subject: Subject
    direction: Direction


@dataclass(frozen=True, slots=True)
class Listed:
    """`list [N] X`."""

    n: int | None
    subject: Subject


@dataclass(frozen=True, slots=True)
class Computed:
    """`total C of X`; `word` is what the answer calls it."""

    word: str
    function: Function
    measure: Words
    subject: Subject


Phrase: TypeAlias = Count | Ranked | Latest | Listed | Computed


def text_of(words: Words) -> str:
    """Words as they were said."""
    return " ".join(word.text for word in words)
