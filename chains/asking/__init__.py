"""Models that answer for steps: in order, again where that may help, and with the tools that they may call.

attempts.py       every model of a step, and how often each is asked
conversation.py   one attempt: the rounds in which a model calls tools
tools.py          what those tools are, and what they do
asks.py           what all of it needs of the work that it is part of
"""

from chains.asking.asks import Asks, attempt_seconds, models_of
from chains.asking.attempts import answer

__all__ = ["Asks", "answer", "attempt_seconds", "models_of"]
