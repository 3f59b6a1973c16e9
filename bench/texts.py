"""Programs of any size for measuring: plain steps, loops, conditions, literals, in the mix of the examples."""

from itertools import count
from random import Random

_PIECES = (
    'STRING "order {m}" SET ?name{n}',
    'UPPER ?name{n} SET ?loud{n} AFTER EMIT ?loud{n} & "\\n"',
    'CALCULATE "round({n} * 1.19 + {m}, 2)" SET ?price{n}',
    "(* What is dear is shown, the rest is counted. *)\n"
    "IF ?price{n} IS GREATER THAN {m} OPEN NEST\n"
    '  EMIT ?name{n} & ": " & ?price{n}\n'
    "CLOSE NEST ELSE OPEN NEST\n"
    '  CALCULATE "?price{n} - {m}" SET ?rest{n}\n'
    "CLOSE NEST",
    "ENLIST {n} AND {m} AND 7 SET ?list{n}\n"
    "AFTER SORT ?list{n} SET ?sorted{n}\n"
    'AFTER JOIN ?sorted{n} WITH ", " SET ?joined{n}\n'
    'OR EMIT "nothing to sort"',
    "FOREACH ?list{n} AS ?item OPEN NEST\n"
    "  STRING ?item SET ?shown\n"
    '  AFTER PAD ?shown TO 9 WITH "0" SET ?padded\n'
    '  AFTER EMIT ?padded & " "\n'
    "CLOSE NEST",
)
_FILLING = "EMIT ?name1"


def program_text(size: int, seed: int) -> str:
    """A program of so many bytes, or a few less, that runs well. Another seed gives other numbers in it."""
    numbers = Random(seed)
    pieces: list[str] = []
    left = size
    for place in count():
        piece = _PIECES[place % len(_PIECES)].format(n=1 + place // len(_PIECES), m=numbers.randrange(100, 1_000_000))
        if len(piece) >= left:
            break
        pieces.append(piece)
        left -= len(piece) + 1
    return "\n".join([*pieces, *[_FILLING] * (left // (len(_FILLING) + 1))])
