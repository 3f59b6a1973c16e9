"""Other machines as programs see them: what a step sends, and the value that comes back.

requests.py   method, headers and body of a request, from the values of a program
calls.py      makes a call for a step, within the limits and the time of its run
answers.py    turns an answer into a value, or the text of a program
"""

from oql.remote.answers import text_at, value_of
from oql.remote.calls import call, good

__all__ = ["call", "good", "text_at", "value_of"]
